"""What customers say in these tests: a whole conversation of ten messages in each language, of every kind of turn."""

from __future__ import annotations

ENGLISH = (
    "Hello",
    "I'm interested in your digital platform service",
    "What's the pricing for platform development?",
    "What are your working hours?",
    "Your platform is not working properly. It keeps crashing.",
    "my order number is 7474839",
    "This is unacceptable, I am really angry!",
    "my phone is 0501234567",
    "what else do you need?",
    "no problem, thank you",
)

ARABIC = (
    "مرحبا",
    "أنا مهتم بخدمة الإعلانات",
    "كم تكلفة تصميم موقع؟",
    "هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي",
    "ما هي أوقات العمل؟",
    "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً",
    "رقم الطلب ٧٤٧٤٨٣٩",
    "رقمي 0501234567",
    "خدمة سيئة جداً",
    "شكرًا، مع السلامة",
)

CONVERSATIONS = (ENGLISH, ARABIC)
"""In the order of a test's calls: every second customer speaks Arabic."""
