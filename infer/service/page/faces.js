// A photograph on the page: the file at first, then the face that was found in it.

import { element, place, shape } from "/assets/elements.js";
import { sentence } from "/assets/service.js";

/**
 * A card. `found` is the photograph's row of the answer to a comparison, or null while there is none; `done` is
 * whether it was looked at by itself.
 */
export function card(photograph, index, found, done, remove) {
  const kind = photograph.video ? "video" : "photograph";
  const name = photograph.file.name || `pasted ${kind}`;
  return element(
    "li",
    { class: `card ${found ? (found.face ? "" : "faceless") : done ? "" : "waiting"}` },
    element(
      "div",
      { class: "picture" },
      found?.face ? faceOf(found, index) : thumbnail(photograph, index),
      element("span", { class: "letter", "aria-hidden": "true" }, place(index)),
      element(
        "button",
        { type: "button", class: "remove", "aria-label": `Remove ${kind} ${place(index)}, ${name}`, onclick: remove },
        cross(),
      ),
    ),
    element("p", { class: "name", title: name }, name),
    ...notes(found),
  );
}

/** The crop with its five landmarks. */
export function faceOf(found, index) {
  const { image, landmarks } = found.face.crop;
  const side = 112;
  const drawn = shape("svg", { class: "landmarks", "aria-hidden": "true" });
  const picture = element("img", { alt: `Face of photograph ${place(index)}`, src: image });
  picture.addEventListener("load", () => drawn.setAttribute("viewBox", `0 0 ${picture.naturalWidth} ${picture.naturalHeight}`));
  drawn.setAttribute("viewBox", `0 0 ${side} ${side}`);
  for (const [x, y] of landmarks) {
    drawn.append(shape("circle", { cx: x + 0.5, cy: y + 0.5, r: 1.9 }));
  }
  return element("div", { class: "face" }, picture, drawn);
}

/** A small face, or the whole photograph where none was found, for tables. */
export function miniature(photograph, index, found) {
  const source = found.face ? found.face.crop.image : photograph.url;
  const picture = element("img", { class: "miniature", alt: "", src: source });
  picture.addEventListener("error", () => picture.replaceWith(nothing("miniature")), { once: true });
  return picture;
}

function thumbnail(photograph, index) {
  if (photograph.video) return film(photograph, index);
  const picture = element("img", { class: "whole", alt: `Photograph ${place(index)}`, src: photograph.url });
  picture.addEventListener("error", () => picture.replaceWith(nothing("whole")), { once: true });
  return picture;
}

/** The first frame of a video, which plays where it is clicked. */
function film(photograph, index) {
  const shown = element("video", { class: "whole", "aria-label": `Video ${place(index)}`, src: `${photograph.url}#t=0.1`,
    preload: "metadata", playsinline: true });
  shown.muted = true;
  shown.addEventListener("click", () => (shown.paused ? shown.play() : shown.pause()));
  shown.addEventListener("error", () => shown.replaceWith(nothing("whole")), { once: true });
  return shown;
}

/** In the place of a file that the browser cannot show. */
function nothing(kind) {
  return shape(
    "svg",
    { class: `${kind} nothing`, viewBox: "0 0 48 48", "aria-hidden": "true" },
    shape("path", { d: "M12 10h17l7 7v21H12zM29 10v7h7" }),
  );
}

function notes(found) {
  if (!found) return [];
  if (!found.face) return [element("p", { class: "note problem" }, sentence(found.problem ?? "no face found"))];
  const several = found.face.faces_found > 1 ? ["several faces, the most prominent one counts"] : [];
  return [...found.warnings.map((warning) => warning.text), ...several].map((text) =>
    element("p", { class: "note" }, sentence(text)),
  );
}

function cross() {
  return shape("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, shape("path", { d: "M4 4l8 8M12 4l-8 8" }));
}
