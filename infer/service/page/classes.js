// The answer of a classifier: how likely the faces of each photograph are synthetic, the verdict, and why.

import { element, number, place } from "/assets/elements.js";
import { sentence } from "/assets/service.js";
import { timeline } from "/assets/timeline.js";

const WORDS = {
  bona_fide: "Bona fide",
  synthetic: "Synthetic",
  undecided: "Undecided",
  no_face: "No answer",
  unreadable: "No answer",
};

/** What is shown for an answer of POST /classify. */
export function classes(answer) {
  return element("article", { class: "classes" },
    element("h2", {}, "Synthetic?"),
    element("ul", {}, ...answer.photographs.flatMap((photograph, index) => rows(photograph, index, answer.classifier))),
    element("p", { class: "limits" }, sentence(answer.classifier.statement)));
}

/** One sentence about the whole, for the status line. */
export function classesSummary(answer) {
  if (answer.photographs.length === 1) return sentence(answer.photographs[0].statement);
  const count = answer.photographs.filter((photograph) => photograph.verdict === "synthetic").length;
  return `${count} of ${answer.photographs.length} ${answer.photographs.some(({ clip }) => clip !== null) ? "files" : "photographs"} ${count === 1 ? "shows" : "show"} a synthetic face.`;
}

function rows(photograph, index, classifier) {
  if (!photograph.faces.length) return [row({ verdict: photograph.verdict, reason: photograph.problem, moments: [] }, place(index), classifier)];
  return photograph.faces.map((face, at) =>
    row(at || photograph.clip === null ? face : { ...face, reason: `${face.reason}. ${sentence(photograph.clip)}` },
      at ? `${place(index)}, face ${at + 1}` : place(index), classifier));
}

function row({ verdict, probability = null, reason, moments }, name, classifier) {
  return element("li", { class: verdict },
    element("span", { class: "whose" }, name),
    element("div", {},
      element("p", { class: "class" }, element("strong", {}, WORDS[verdict]),
        probability === null ? null : ` P(synthetic) ${number(probability)}`),
      probability === null ? null : bar(probability, classifier),
      moments.length > 1 ? timeline({
        points: moments.map((moment) => ({ seconds: moment.seconds, value: moment.probability })),
        limit: classifier.threshold, label: `P(synthetic) in ${moments.length} frames of the video`,
      }) : null,
      element("p", { class: "why" }, sentence(reason))));
}

/** Where P(synthetic) lies against the threshold. */
function bar(probability, classifier) {
  const drawn = element("div", { class: "bar-of", "aria-hidden": "true" },
    element("span", { class: "part" }), element("span", { class: "limit" }));
  drawn.style.setProperty("--part", `${100 * probability}%`);
  drawn.style.setProperty("--limit", `${100 * classifier.threshold}%`);
  return drawn;
}
