// A project's data API for tests, over the PostgreSQL database that DATABASE names. Says its port on stdout as JSON once
// it listens, and ends when its stdin does: no test that is killed leaves one behind.
import { serve } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";

const { DATABASE, JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY } = process.env;

const JSONB = 3802;
const TIMESTAMPTZ = 1184;

const types = {
  // Arguments of functions arrive here as JSON already; encoded once more they would be strings.
  jsonb: {
    to: JSONB,
    from: [JSONB],
    serialize: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
    parse: JSON.parse,
  },
  // As PostgREST writes times: 2026-11-02T12:00:00+00:00, not 2026-11-02 12:00:00+00.
  timestamptz: {
    to: TIMESTAMPTZ,
    from: [TIMESTAMPTZ],
    serialize: (value) => value,
    parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
  },
};

const app = new App({
  connection: createPostgresConnection({
    url: DATABASE,
    postgresOptions: { max: 20, onnotice: () => {}, types },
  }),
  auth: {
    enabled: true,
    jwt_secret: JWT_SECRET,
    jwt_expiry: 3600,
    enable_signup: true,
    publishable_key: PUBLISHABLE_KEY,
    secret_key: SECRET_KEY,
    email: { enable_confirmations: false },
  },
  options: { server: { admin: false } },
});
await app.init();

const answer = (request, { incoming }) =>
  app.fetch(request, { peerAddress: incoming.socket.remoteAddress ?? null });
const server = serve({ port: 0, hostname: "127.0.0.1", fetch: answer }, ({ port }) => {
  console.log(JSON.stringify({ port }));
});
// As long as what stands before a hosted project does, so that it is not always the gateway that hangs up first.
server.keepAliveTimeout = 60_000;

process.stdin.resume().on("end", () => process.exit(0));
