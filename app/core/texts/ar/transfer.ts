import type { Translation } from "../translation";
import type { transfer as english } from "../en/transfer";

export const transfer: Translation<typeof english, "ar"> = {
  "export.as": "تنزيل بصيغة",
  "export.hint":
    "يحتوي JSON على تعليماتك ونصوصك المحفوظة ومشاريعك ومحادثاتك بجميع نسخ رسائلها وأسماء ملفاتها، ويمكن استيراده من جديد. أما Markdown وHTML فهما للقراءة، وفيهما أحدث نسخة من كل محادثة. الصور في ملف HTML وحده. لا تُضمَّن المحادثات التي حذفتها.",
  "export.exported": "صُدِّر من Keepsake، {time}",
};
