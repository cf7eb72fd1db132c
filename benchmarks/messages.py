"""What customers say under load: calls of eight messages about buying, asking and complaining, 6 to 30 words each.

Half the calls are in Arabic. A call leads where such calls lead: to handoffs, prices, tickets and more on a ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.load import post

CALLS: Final[Sequence[Sequence[str]]] = (
    (
        "السلام عليكم، كيف حالكم اليوم؟ عندي استفسار بسيط عن خدماتكم لو سمحتم",
        "أنا مهتم بخدمة الإعلانات على مواقع التواصل لمتجري الصغير، هل تقدمون هذه الخدمة للمتاجر الجديدة؟",
        "كم تكلفة الحملة الإعلانية الشهرية عندكم تقريبًا، وهل السعر يشمل تصميم الصور والنصوص؟",
        "ممتاز، وكم يستغرق تصميم موقع إلكتروني لمتجر فيه حوالي مئتي منتج مع الدفع الإلكتروني؟",
        "هل لديكم عرض أفضل إذا أخذت الموقع والإعلانات معًا في عقد واحد لمدة سنة كاملة؟",
        "ما هي أوقات العمل لديكم، وهل يمكنني زيارة المكتب يوم الخميس بعد الظهر للتحدث مع المختص؟",
        "وهل تقدمون أيضًا برامج تدريب؟ أنا مهتم بدورة في التسويق الرقمي لموظفتين في فريقي",
        "شكرًا جزيلًا لك على التوضيح، سأراجع الأمر مع شريكي ثم أعود إليكم إن شاء الله",
    ),
    (
        "Hello there, I have a few questions about what your company offers for small shops",
        "I'm interested in your digital platform service for a bookshop with about 300 titles and two branches",
        "What's the pricing for platform development, and does it include hosting and support for the first year?",
        "How long does it usually take from the first meeting until the shop is online and taking orders?",
        "Could you also tell me whether you design the logo and the product pictures, or should we bring our own?",
        "What are your working hours, and can I come by your office on Thursday afternoon to talk it over?",
        "Do you offer training as well? Two of my staff would like a course in digital marketing this spring",
        "Great, thank you very much for your help, I will talk to my partner and come back to you",
    ),
    (
        "مرحبًا، لدي مشكلة مع الموقع الذي سلمتموه لنا قبل أسبوعين وأحتاج إلى مساعدة",
        "الموقع لا يعمل منذ أمس، وكل زبون يفتح صفحة الدفع تظهر له رسالة خطأ ثم تغلق الصفحة",
        "رقم الطلب هو 7474839 وقد دفعت المبلغ كاملًا قبل التسليم، فمتى سيتم إصلاح هذه المشكلة؟",
        "حاولت الاتصال بكم ثلاث مرات هذا الصباح ولم يرد أحد، وهذا تأخير غير مقبول بصراحة",
        "رقم هاتفي 0501234567 ويمكنكم الاتصال بي في أي وقت قبل الساعة الخامسة مساءً اليوم",
        "نسيت أن أقول إن المشكلة تظهر على الهاتف فقط، أما على الحاسوب فالصفحة تفتح لكنها بطيئة جدًا",
        "ما هي المدة المتوقعة للحل؟ عندنا طلبات كثيرة متوقفة بسبب هذا العطل منذ يومين",
        "حسنًا، شكرًا لك، سأنتظر اتصالكم اليوم وأتمنى أن تحل المشكلة بسرعة",
    ),
    (
        "Good morning, I have an issue with an order and I hope somebody there can sort it out",
        "Your platform is not working properly, it keeps crashing whenever a customer tries to pay with a credit card",
        "My order number is 7474839 and we paid the whole amount two weeks ago, before you delivered the site",
        "I have called three times this morning and nobody picked up, which is really disappointing, to be honest",
        "You can reach me at 0501234567 or by mail at sami.haddad@example.com any time before five today",
        "I forgot to mention that it only happens on phones, on a computer the page opens but it is very slow",
        "How long will this take to fix? We have lost a good number of orders since the day before yesterday",
        "All right, thank you, I will wait for your call and I hope this gets solved quickly",
    ),
)


def script(call_id: str, call: Sequence[str]) -> list[bytes]:
    """Return the requests that say a call's messages on `call_id`."""
    return [post(f"/api/conversations/{call_id}/message", {"message": message}) for message in call]


def opening(call_id: str) -> bytes:
    """Return the request that starts a call."""
    return post("/api/calls", {"call_id": call_id})
