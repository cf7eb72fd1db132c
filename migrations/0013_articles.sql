-- What a company knows beside its profile, and the questions nobody has written an answer to. Whole articles stand in
-- `payload`; every version stays. Texts of questions are normalised and hold no numbers or addresses.
-- Runs unchanged on SQLite 3.40 and PostgreSQL 15.

create table articles (
  slug text not null primary key,
  version bigint not null check (version >= 1),
  status text not null,
  updated_at timestamptz not null,
  payload jsonb not null
);

create table article_versions (
  slug text not null references articles (slug) on delete cascade,
  version bigint not null check (version >= 1),
  at timestamptz not null,
  actor text not null,
  payload jsonb not null,
  primary key (slug, version)
);

create table knowledge_gaps (
  question text not null,
  language text not null,
  asked bigint not null check (asked >= 1),
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (question, language)
);
