import type { Translation } from "../translation";
import type { settings as english } from "../en/settings";

export const settings: Translation<typeof english, "ar"> = {
  "settings.instructions": "تعليمات لكل محادثة",
  "settings.instructionsHint":
    "تصل إلى النماذج قبل تعليمات المشروع وتعليمات المحادثة. إذا تعارضت، تُتّبع الأخيرة منها. وهي تشغل حيزًا من نافذة النموذج كما تفعل الرسائل.",
  "options.maxTokensBounds": "من 1 إلى {max} في {name}",
  "options.temperatureBounds": "من 0 إلى {max} في {name}",
  "options.instructions": "التعليمات",
  "options.temperatureBeyond":
    "يقبل {name} درجة عشوائية حتى {max}، ويُعطى هذا الحد بدلًا من {chosen}.",
  "options.maxTokensBeyond":
    "يكتب {name} حتى {max} رمزًا، ويُعطى هذا الحد بدلًا من {chosen}.",
  "upload.scaled": "صُغّرت إلى {width} × {height} بكسل",
  "upload.expired":
    "لم يعد محفوظًا: تُحفظ الملفات التي لم تُرسل يومًا واحدًا. أزل هذا الملف، ثم أرفقه مرة أخرى.",
  "prompts.title": "النصوص المحفوظة",
  "prompts.key": "النصوص المحفوظة (/)",
  "prompts.hint":
    "نصوص تستخدمها مرارًا. تظهر قائمتها عند كتابة / في مربع الرسالة الفارغ، وعند الضغط على الزر أسفله.",
  "prompts.text": "النص",
  "prompts.new": "نص محفوظ جديد",
  "prompts.save": "حفظ النص",
  "prompts.none": "لا توجد نصوص محفوظة بعد.",
  "prompts.manage": "إدارة النصوص المحفوظة",
  "prompts.unreadable": "تعذرت قراءة النصوص المحفوظة. حاول مرة أخرى بعد لحظات.",
  "prompts.count": {
    zero: "لا نصوص محفوظة.",
    one: "نص محفوظ واحد.",
    two: "نصان محفوظان.",
    few: "{count} نصوص محفوظة.",
    many: "{count} نصًا محفوظًا.",
    other: "{count} نص محفوظ.",
  },
  "prompts.inserted": "{name} في مربع الرسالة.",
};
