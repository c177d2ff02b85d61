import type { Translation } from "../translation";
import type { files as english } from "../en/files";

export const files: Translation<typeof english, "ar"> = {
  "problem.file.empty": "الملف «{name}» فارغ. أرفق ملفًا آخر.",
  "problem.file.unknown":
    "الملف «{name}» ليس نصًا بترميز UTF-8 ولا PNG أو JPEG أو GIF أو WebP أو PDF. احفظه بإحدى هذه الصيغ، ثم أرفقه.",
  "problem.file.picture": "الملف «{name}» صورة تالفة. احفظها مرة أخرى.",
  "problem.file.megapixels":
    "دقة «{name}» {megapixels} ميغابكسل، والحد الأقصى {limit}. صغّر الصورة، ثم أرفقها.",
  "problem.file.protected":
    "الملف «{name}» مستند PDF محمي بكلمة مرور. احفظه دونها، ثم أرفقه.",
  "problem.file.damaged":
    "الملف «{name}» مستند PDF تالف. اطبعه إلى ملف PDF جديد، ثم أرفق الجديد.",
  "problem.file.too-much":
    "تستغرق قراءة ملف PDF «{name}» وقتًا طويلًا أو ذاكرة كبيرة. احفظ الصفحات التي تحتاجها في ملف PDF منفصل، ثم أرفقه.",
  "problem.file.noText":
    "لا يستطيع {model} قراءة «{name}»: لا نص في ملف PDF، ولا يقبل هذا النموذج ملفات بلا نص. اختر نموذجًا آخر، أو أزل الملف.",
  "problem.file.scanSize":
    "لا يستطيع {model} قراءة «{name}»: لا نص في ملف PDF، والحد الأقصى له كصورة {megabytes} م.ب. اختر نموذجًا آخر، أو أزل الملف.",
  "problem.file.noPictures":
    "لا يستطيع {model} قراءة «{name}»: لا يقبل النموذج صورًا. اختر نموذجًا آخر، أو أزل الملف.",
  "problem.file.pictureSize":
    "لا يستطيع {model} قراءة «{name}»: الحد الأقصى للصورة في هذا النموذج {megabytes} م.ب. صغّرها، أو اختر نموذجًا آخر.",
  "problem.file.pictureSides":
    "لا يستطيع {model} قراءة «{name}»: الحد الأقصى للصورة في هذا النموذج {megabytes} م.ب. و{pixels} بكسل لكل ضلع. صغّرها، أو اختر نموذجًا آخر.",
};
