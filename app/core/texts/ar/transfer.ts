import type { Translation } from "../translation";
import type { transfer as english } from "../en/transfer";

export const transfer: Translation<typeof english, "ar"> = {
  "export.as": "تنزيل بصيغة",
  "export.hint":
    "يحتوي JSON على تعليماتك ونصوصك المحفوظة ومشاريعك ومحادثاتك بجميع نسخ رسائلها وأسماء ملفاتها، ويمكن استيراده من جديد. أما Markdown وHTML فهما للقراءة، وفيهما أحدث نسخة من كل محادثة. الصور في ملف HTML وحده. لا تُضمَّن المحادثات التي حذفتها.",
  "export.unfinished": "كان هذا الرد لا يزال قيد الكتابة.",
  "export.exported": "صُدِّر من Keepsake، {time}",
  "import.title": "استيراد",
  "import.from":
    "من Keepsake: ملف JSON جرى تنزيله من هنا. من ChatGPT: فُكَّ ضغط أرشيف بياناتك واختر منه conversations.json.",
  "import.limits":
    "{megabytes} ميغابايت على الأكثر، يجب أن تصل خلال {minutes} دقائق. وقد تبلغ المحادثة الواحدة {conversationMegabytes} ميغابايت.",
  "import.open": "استيراد محادثات…",
  "import.file": "الملف",
  "import.begin": "استيراد",
  "import.sending": "يجري إرسال الملف.",
  "import.list": "عمليات الاستيراد في آخر {days} أيام",
  "import.progress": "{done} من {total} من المحادثات",
  "import.closing":
    "يمكنك إغلاق هذه الصفحة. يتوقف الاستيراد عندئذ ويُستأنف حين تفتحه مجددًا في «بياناتك».",
  "import.imported": {
    zero: "لم تُستورَد أي محادثة.",
    one: "استُورِدت محادثة واحدة.",
    two: "استُورِدت محادثتان.",
    few: "استُورِدت {count} محادثات.",
    many: "استُورِدت {count} محادثة.",
    other: "استُورِدت {count} محادثة.",
  },
  "import.skipped": {
    zero: "لم تُستثنَ أي محادثة.",
    one: "استُثنيت محادثة واحدة.",
    two: "استُثنيت محادثتان.",
    few: "استُثنيت {count} محادثات.",
    many: "استُثنيت {count} محادثة.",
    other: "استُثنيت {count} محادثة.",
  },
  "import.leftOut": "ما استُثني",
  "import.more": {
    zero: "ولا شيء غير ذلك.",
    one: "ومحادثة أخرى.",
    two: "ومحادثتان أخريان.",
    few: "و{count} محادثات أخرى.",
    many: "و{count} محادثة أخرى.",
    other: "و{count} محادثة أخرى.",
  },
  "import.continue": "متابعة",
  "import.show": "عرض المحادثات",
  "import.remove": "إزالة هذا التقرير",
  "import.cancel": "إلغاء الاستيراد",
  "import.problem": "الاستيراد متوقف. حاول مرة أخرى بعد قليل.",
  "import.problem.limit":
    "بلغتَ حد ما يمكنك تخزينه. احذف محادثات لم تعد تحتاجها، ثم تابع.",
  "import.problem.fileGone":
    "لم يعد الملف موجودًا. اختره مرة أخرى: ما استُورِد من قبل يُتعرَّف عليه.",
  "import.left.invalid": "ليست محادثة.",
  "import.left.empty": "لا رسائل فيها.",
  "import.left.tooLong": "طويلة جدًا.",
  "import.left.here": "هي لديك بالفعل.",
  "import.left.deleted": "كانت لديك وحذفتها.",
  "import.left.files": "دون ملفاتها.",
  "import.left.versions": "دون أقدم نسخها.",
  "import.left.cutTexts": "بنصوص مختصرة.",
  "problem.notFound.import": "عملية الاستيراد هذه غير موجودة، أو ليست لك.",
  "problem.import.unknown":
    "لا محادثات مقروءة في الملف. اختر ملف JSON من Keepsake أو الملف conversations.json من ChatGPT.",
  "problem.import.early": "الملف ناقص. صدِّره مرة أخرى ثم استورده.",
  "problem.import.none": "لا محادثات في الملف. اختر ملفًا آخر.",
  "problem.import.archive":
    "الملف أرشيف. فُكَّ ضغطه واختر منه الملف conversations.json.",
  "problem.import.many": {
    zero: "في الملف محادثات كثيرة. قسِّمه ثم استورد أجزاءه.",
    one: "في الملف أكثر من محادثة واحدة. قسِّمه ثم استورد أجزاءه.",
    two: "في الملف أكثر من محادثتين. قسِّمه ثم استورد أجزاءه.",
    few: "في الملف أكثر من {count} محادثات. قسِّمه ثم استورد أجزاءه.",
    many: "في الملف أكثر من {count} محادثة. قسِّمه ثم استورد أجزاءه.",
    other: "في الملف أكثر من {count} محادثة. قسِّمه ثم استورد أجزاءه.",
  },
  "problem.import.tooLarge":
    "يجوز أن يبلغ الملف المستورَد {megabytes} ميغابايت. قسِّمه ثم استورد أجزاءه.",
  "problem.import.unfinished": "يجري استيراد ملف آخر. انتظر حتى ينتهي أو ألغه.",
  "problem.import.noFile": "لم يُختَر ملف. ارجع واختر ملفًا.",
};
