import type { Translation } from "../translation";
import type { script as english } from "../en/script";

export const script: Translation<typeof english, "ar"> = {
  "script.notice": "إشعار",
  "script.copied": "تم النسخ",
  "script.selected": "تم التحديد",
  "script.reconnected": "تمت إعادة الاتصال.",
  "script.theModel": "النموذج",
  "script.writing": "{author} يكتب الرد.",
  "script.failed": "لم يتمكن {author} من إكمال الرد. {reason}",
  "script.stopped": "تم إيقاف {author}.",
  "script.replied": "رد {author}: {text}",
  "script.hasReplied": "أرسل {author} ردًا.",
  "script.unreachable":
    "يتعذر الوصول إلى Keepsake. رسالتك ما زالت هنا: أرسلها مرة أخرى بعد لحظات.",
  "script.unreachableNow":
    "يتعذر الوصول إلى Keepsake. حاول مرة أخرى بعد لحظات.",
  "mark.queued": {
    zero: "لا رسائل منتظرة",
    one: "رسالة منتظرة",
    two: "رسالتان منتظرتان",
    few: "{count} رسائل منتظرة",
    many: "{count} رسالة منتظرة",
    other: "{count} رسالة منتظرة",
  },
  "mark.newReply": "رد جديد",
  "mark.replying": "يكتب الرد",
  "size.bytes": "{number} بايت",
  "size.kilobytes": "{number} ك.ب",
  "size.megabytes": "{number} م.ب",
  "problem.messageTooLong":
    "الرسالة طويلة جدًا: حجمها {size}، والحد الأقصى {limit}. اختصرها، أو أرسلها على أجزاء.",
  "upload.tooMany": {
    zero: "لا يمكن إرفاق ملفات بالرسالة. أزل هذا الملف.",
    one: "يمكن إرفاق ملف واحد بالرسالة. أزل هذا الملف.",
    two: "يمكن إرفاق ملفين بالرسالة. أزل هذا الملف.",
    few: "يمكن إرفاق {count} ملفات بالرسالة. أزل هذا الملف.",
    many: "يمكن إرفاق {count} ملفًا بالرسالة. أزل هذا الملف.",
    other: "يمكن إرفاق {count} ملف بالرسالة. أزل هذا الملف.",
  },
  "upload.tooLarge": "كبير جدًا: الحد الأقصى للملف {limit}. أزل هذا الملف.",
  "upload.remove": "إزالة",
  "upload.removeFile": "إزالة {name}",
  "upload.uploading": "يجري رفع {name}",
  "upload.connectionLost": "انقطع الاتصال. أزل الملف، ثم أرفقه مرة أخرى.",
  "upload.failed": "تعذر إرسال الملف. حاول مرة أخرى.",
  "upload.attached": "تم إرفاق {name}.",
  "upload.removeFirst": "أزل الملف الذي تعذر إرساله، ثم أرسل الرسالة.",
  "upload.waiting": "تُرسل الرسالة عند وصول ملفاتها.",
};
