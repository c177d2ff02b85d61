import type { Translation } from "../translation";
import type { pages as english } from "../en/pages";

export const pages: Translation<typeof english, "ar"> = {
  "list.untitled": "بدون عنوان",
  "list.none": "لا توجد محادثات بعد.",
  "list.older": "الأقدم",
  "project.group": "اجمع المحادثات وشارك التعليمات بينها.",
  "project.label": "المشروع",
  "project.name": "الاسم",
  "project.instructions": "التعليمات",
  "project.instructionsHint": "تعليمات لكل رد (اختيارية)",
  "project.instructionsHintNew": "تعليمات لكل رد في هذا المشروع (اختيارية)",
  "project.create": "إنشاء المشروع",
  "project.deleteTitle": "الحذف",
  "project.deleteHint": "تبقى محادثاته محفوظة دون مشروع.",
  "project.delete": "حذف المشروع",
  "project.none":
    "لا توجد محادثات بعد. تبدأ رسالتك التالية محادثة في هذا المشروع.",
  "usage.none": "لا يوجد استخدام بعد.",
  "usage.model": "النموذج",
  "usage.messages": "الرسائل",
  "usage.inputTokens": "رموز الإدخال",
  "usage.outputTokens": "رموز الإخراج",
  "search.label": "البحث في المحادثات",
  "search.for": "البحث عن",
  "search.none": "لا نتائج لـ«{query}». جرّب كلمات أقل أو مختلفة.",
  "search.incomplete":
    "شمل البحث أحدث الرسائل فقط. استخدم كلمات أندر للعثور على الأقدم.",
  "search.hint": "ابحث في عناوين محادثاتك ورسائلها.",
  "settings.theme": "المظهر",
  "settings.themeSystem": "حسب النظام",
  "settings.themeLight": "فاتح",
  "settings.themeDark": "داكن",
  "settings.language": "اللغة",
  "settings.languageBrowser": "لغة المتصفح",
  "settings.enter": "مفتاح Enter",
  "settings.enterSends": "يرسل الرسالة",
  "settings.enterNewline": "يبدأ سطرًا جديدًا، ويرسل Ctrl+Enter",
  "settings.model": "نموذج المحادثات الجديدة",
  "settings.modelLast": "آخر نموذج مستخدم",
  "settings.hint":
    "ينطبق المظهر واللغة ومفتاح Enter على هذا المتصفح، والنموذج على هذه الجلسة. مفتاح Enter في شاشة اللمس يبدأ سطرًا جديدًا دائمًا.",
  "data.storage": "التخزين",
  "data.conversations": "المحادثات",
  "data.messages": "الرسائل والملفات",
  "data.download": "التنزيل",
  "data.downloadAll": "تنزيل جميع بياناتي",
  "data.downloadFirst": "تنزيل جميع بياناتي أولًا",
  "data.delete": "الحذف",
  "data.deleteHint":
    "يحذف جميع المحادثات والمشاريع والتعليمات والنصوص المحفوظة نهائيًا، وينهي جلستك.",
  "data.deleteHintPerson":
    "يحذف جميع المحادثات والمشاريع والتعليمات والنصوص المحفوظة نهائيًا، وينهي جلساتك على جميع الأجهزة.",
  "data.deleteAll": "حذف جميع بياناتي",
  "data.deleteAllMore": "حذف جميع بياناتي…",
  "data.deleteConfirm":
    "ستُحذف جميع محادثاتك ومشاريعك وتعليماتك ونصوصك المحفوظة، وستتوقف الردود الجارية. ستنتهي جلستك. لا يمكن التراجع عن ذلك.",
  "data.deleteConfirmPerson":
    "ستُحذف جميع محادثاتك ومشاريعك وتعليماتك ونصوصك المحفوظة، وستتوقف الردود الجارية. سيُسجَّل خروجك من جميع الأجهزة. لا يمكن التراجع عن ذلك.",
  "data.deleted":
    "حُذفت محادثاتك ومشاريعك وتعليماتك ونصوصك المحفوظة، وانتهت جلستك.",
  "data.startNew": "بدء محادثة جديدة",
  "signOut.provider": "تسجيل الخروج من مزود الهوية أيضًا",
  "signOut.everywhere":
    "سُجّل خروجك من Keepsake على جميع الأجهزة. يمكن لجهاز ما زال مسجلًا لدى مزود الهوية أن يبدأ جلسة جديدة: سجّل الخروج هناك أيضًا.",
  "signOut.here": "سُجّل خروجك من Keepsake في هذا المتصفح.",
  "signOut.signIn": "تسجيل الدخول مجددًا",
  "problem.requestId": "معرّف الطلب، للدعم: {id}",
};
