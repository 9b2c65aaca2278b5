// The page: photographs come in by drop, choice or paste, are classified where the service has a classifier, and
// compared as soon as there are two.

import { classes, classesSummary } from "/assets/classes.js";
import { number } from "/assets/elements.js";
import { card } from "/assets/faces.js";
import { Refusal, classify, health, sentence, verify } from "/assets/service.js";
import { result, summary } from "/assets/verdicts.js";

const at = (id) => document.getElementById(id);
const limits = { max_photographs: 10, max_upload_bytes: Infinity };
let photographs = []; // {file, url}; forgotten with the page
let answer = null; // of the service, to these very photographs
let classified = null; // the same of its classifier
let classifies = false; // whether it has one
let running = null; // AbortController of the request under way

/** Add files, as many as fit, and compare. */
function add(files) {
  const images = [...files].filter((file) => file.type.startsWith("image/") || file.type === "" || /\.p[gpn]m$/i.test(file.name));
  const room = limits.max_photographs - photographs.length;
  if (files.length && !images.length) return tell("These are no photographs. JPEG, PNG, WebP, BMP and TIFF are read.");
  if (!images.length) return;
  if (room > 0) {
    photographs.push(...images.slice(0, room).map((file) => ({ file, url: URL.createObjectURL(file) })));
    change();
  }
  if (images.length > room) {
    tell(`Ten photographs at a time: ${images.length - room} ${images.length - room === 1 ? "was" : "were"} left out.`);
  }
}

function remove(photograph) {
  const index = photographs.indexOf(photograph);
  URL.revokeObjectURL(photograph.url);
  photographs.splice(index, 1);
  change();
  const left = document.querySelectorAll(".card .remove");
  (left[Math.min(index, left.length - 1)] ?? at("choose")).focus();
}

function clear() {
  for (const { url } of photographs) URL.revokeObjectURL(url);
  photographs = [];
  change();
  at("choose").focus();
}

function change() {
  answer = classified = null;
  tell(null);
  compare();
}

async function compare() {
  running?.abort();
  running = null;
  const size = photographs.reduce((sum, { file }) => sum + file.size, 0);
  if (photographs.length < (classifies ? 1 : 2)) return draw();
  if (size > limits.max_upload_bytes) {
    draw();
    return tell(`${megabytes(size)} MB are too much: the service takes ${megabytes(limits.max_upload_bytes)} MB at a time. Remove a photograph.`);
  }
  const mine = new AbortController();
  running = mine;
  tell(null);
  draw();
  try {
    const files = photographs.map(({ file }) => file);
    const answers = await Promise.all([
      files.length > 1 ? verify(files, mine.signal) : null,
      classifies ? classify(files, mine.signal) : null,
    ]);
    [answer, classified] = answers;
  } catch (error) {
    if (mine.signal.aborted) return;
    mine.abort(); // the other of two requests
    if (!(error instanceof Refusal)) throw error;
    tell(error.message, error.passing);
  } finally {
    if (running === mine) {
      running = null;
      draw();
    }
  }
}

function draw() {
  const some = photographs.length > 0;
  document.body.classList.toggle("filled", some);
  at("cards").hidden = !some;
  at("clear").hidden = !some;
  at("choose").textContent = some ? "Add photographs" : "Choose photographs";
  at("choose").disabled = photographs.length >= limits.max_photographs;
  at("cards").replaceChildren(
    ...photographs.map((photograph, index) =>
      card(photograph, index, answer?.photographs[index] ?? null, classified !== null, () => remove(photograph))),
  );
  at("cards").style.setProperty("--columns", columns(photographs.length));
  at("cards").classList.toggle("busy", running !== null);
  at("progress").hidden = running === null;
  at("result").hidden = answer === null && classified === null;
  at("result").replaceChildren(
    ...(answer ? result(answer, photographs) : []),
    ...(classified ? [classes(classified)] : []),
  );
  at("status").textContent = status();
  at("status").classList.toggle("unseen", !at("result").hidden);
}

/** Cards in a row, so that rows come out even. */
function columns(count) {
  if (count <= 6) return Math.max(count, 1);
  return count <= 8 ? 4 : 5;
}

function status() {
  if (running) return photographs.length > 1 ? `Comparing ${photographs.length} photographs …` : "Looking at the photograph …";
  const told = [answer ? summary(answer) : "", classified ? classesSummary(classified) : ""].filter(Boolean);
  if (told.length) return told.join(" ");
  return photographs.length === 1 ? "Add the photograph to compare it with." : "";
}

function tell(message, passing = false) {
  at("error").hidden = message === null;
  at("error-text").textContent = message ?? "";
  at("again").hidden = !passing;
}

function megabytes(bytes) {
  return number(bytes / 1e6, bytes < 1e7 ? 1 : 0);
}

async function introduce() {
  try {
    const state = await health();
    Object.assign(limits, state.limits);
    at("model").textContent = `${state.model.name} · threshold ${number(state.threshold.value)}`;
    at("model").title = `${state.model.backbone}; threshold: ${state.threshold.source}`;
    at("question").textContent = state.model.synthetic.judged ? "The same person? And real?" : "The same person?";
    at("claim").textContent = sentence(state.model.synthetic.statement);
    classifies = state.classifier !== null;
    if (classifies) inviteOne();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell(error.message);
  }
}

/** Words for a service that looks at single photographs, too. */
function inviteOne() {
  at("question").textContent = "The same person? Synthetic?";
  at("claim").textContent += " A classifier looks at each photograph by itself.";
  document.querySelector(".invitation .coarse-hide").textContent = "Drop one to ten photographs here, or paste them";
  document.querySelector(".invitation .coarse-only").textContent = "One to ten photographs";
  if (photographs.length) compare();
}

function listen() {
  at("choose").addEventListener("click", () => at("files").click());
  at("files").addEventListener("change", () => {
    add(at("files").files);
    at("files").value = "";
  });
  at("clear").addEventListener("click", clear);
  at("again").addEventListener("click", compare);
  document.addEventListener("paste", (event) => add(event.clipboardData?.files ?? []));
  let depth = 0; // dragenter and dragleave come from every element that is passed
  const over = (inside) => document.body.classList.toggle("over", inside);
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragenter", (event) => carries(event) && over(++depth > 0));
  document.addEventListener("dragleave", (event) => carries(event) && over(--depth > 0));
  document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    if (!carries(event)) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
}

listen();
draw();
introduce();
