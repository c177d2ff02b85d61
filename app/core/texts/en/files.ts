/** Problems of files. */
export const files = {
  "problem.file.empty": "“{name}” is empty. Attach another.",
  "problem.file.unknown":
    "“{name}” is neither text in UTF-8 nor a PNG, JPEG, GIF, WebP or PDF. Save it as one of these, then attach that.",
  "problem.file.picture": "“{name}” is a damaged picture. Save it again.",
  "problem.file.megapixels":
    "“{name}” has {megapixels} megapixels, and the limit is {limit}. Make the picture smaller, then attach it.",
  "problem.file.protected":
    "“{name}” is a PDF that needs a password. Save it without one, then attach that.",
  "problem.file.damaged":
    "“{name}” is a damaged PDF. Print it into a new PDF, then attach that.",
  "problem.file.too-much":
    "“{name}” is a PDF that takes too long, or too much memory, to read. Save the pages that you need as a PDF of their own, then attach that.",
  "problem.file.noText":
    "{model} can't read “{name}”: the PDF has no text, and this model takes none without. Choose another model, or remove the file.",
  "problem.file.scanSize":
    "{model} can't read “{name}”: the PDF has no text, and as a picture it may have {megabytes} MB. Choose another model, or remove the file.",
  "problem.file.noPictures":
    "{model} can't read “{name}”: it takes no pictures. Choose another model, or remove the file.",
  "problem.file.pictureSize":
    "{model} can't read “{name}”: a picture for this model may have {megabytes} MB. Make it smaller, or choose another model.",
  "problem.file.pictureSides":
    "{model} can't read “{name}”: a picture for this model may have {megabytes} MB and {pixels} pixels on each side. Make it smaller, or choose another model.",
} as const;
