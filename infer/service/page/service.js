// The service behind the page.

/** A request that failed: a message for people, and whether the same request may succeed later. */
export class Refusal extends Error {
  constructor(message, passing) {
    super(message);
    this.passing = passing;
  }
}

/** Model, threshold and limits of the service. */
export async function health() {
  return read(await reach("/health", {}));
}

/** Compare files; the answer of POST /verify. */
export async function verify(files, signal) {
  return read(await reach("/verify?crops=true", { method: "POST", body: form(files), signal }));
}

/** Whether faces are synthetic; the answer of POST /classify. */
export async function classify(files, signal) {
  return read(await reach("/classify", { method: "POST", body: form(files), signal }));
}

/** Whether the person of a video is the one on a document; the answer of POST /session. */
export async function session(document, video, signal) {
  const filled = new FormData();
  filled.append("document", document, document.name || "document");
  filled.append("video", video, video.name || "video");
  return read(await reach("/session", { method: "POST", body: filled, signal }));
}

function form(files) {
  const filled = new FormData();
  for (const file of files) filled.append("photographs", file, file.name || "photograph");
  return filled;
}

async function reach(path, options) {
  try {
    return await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("The service does not answer. Is it still running?", true);
  }
}

async function read(response) {
  let answer = null;
  try {
    answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (response.ok && answer) return answer;
  const told = answer?.error?.message ?? `the service answered with status ${response.status}`;
  throw new Refusal(sentence(told), response.status === 503 || response.status === 408);
}

/** With a capital, proper minus signs, and a full stop. */
export function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1).replace(/(?<=\s)-(?=\d)/g, "−");
  return /[.?!]$/.test(begun) ? begun : `${begun}.`;
}
