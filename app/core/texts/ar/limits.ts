import type { Translation } from "../translation";
import type { limits as english } from "../en/limits";

export const limits: Translation<typeof english, "ar"> = {
  "problem.limit.conversations":
    "بلغت حد المحادثات: {limit}. احذف محادثات لم تعد تحتاجها، ثم أرسل رسالتك مرة أخرى.",
  "problem.limit.message":
    "بلغت حد {megabytes} م.ب. للرسائل والملفات. احذف محادثات لم تعد تحتاجها، ثم أرسل رسالتك مرة أخرى.",
  "problem.limit.file":
    "بلغت حد {megabytes} م.ب. للرسائل والملفات. احذف محادثات لم تعد تحتاجها، ثم أرسل الملف مرة أخرى.",
  "problem.limit.savedPrompts":
    "الحد الأقصى للنصوص المحفوظة {limit}. احذف نصًا لم تعد تحتاجه.",
  "problem.limit.savedPromptBytes":
    "الحد الأقصى لنصوصك المحفوظة معًا {kilobytes} ك.ب. احذف بعضها أو اختصره.",
  "problem.limit.instructions":
    "الحد الأقصى للتعليمات {kilobytes} ك.ب. اختصرها.",
  "problem.limit.text": "الحد الأقصى للنص {kilobytes} ك.ب. اختصره.",
  "problem.limit.projectInstructions":
    "التعليمات أطول من {bytes} بايت. اختصرها.",
};
