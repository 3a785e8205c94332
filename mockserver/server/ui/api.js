// The control API. What the page does, it does through these calls; `curl` can do the same.

const BASE = new URL("..", import.meta.url);
const KEPT = "mockserver.token";

/** An answer that is a problem document (RFC 9457). */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `status ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const url = (path) => new URL(path.replace(/^\//, ""), BASE);
export const name = encodeURIComponent;

export function headers(more = {}) {
  const token = keptToken();
  return token ? { authorization: `Bearer ${token}`, ...more } : more;
}

export const keptToken = () => sessionStorage.getItem(KEPT);

export function keepToken(token) {
  sessionStorage.setItem(KEPT, token);
}

let askForToken = async () => false;
/** Say how a token is asked for; where it returns true the call is made again. */
export function onUnauthorized(ask) {
  askForToken = ask;
}

async function call(method, path, body) {
  const token = keptToken();
  const init = { method, headers: headers(), cache: "no-store" };
  if (method !== "GET") {
    init.headers["content-type"] = "application/json";
    if (body !== undefined) init.body = JSON.stringify(body);
  }
  const response = await fetch(url(path), init);
  // Another call may have asked for one meanwhile.
  if (response.status === 401 && (keptToken() !== token || (await askForToken()))) return call(method, path, body);
  const text = await response.text();
  if (!response.ok) throw new Refused(response.status, read(text));
  return text ? JSON.parse(text) : null;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text };
  }
}

export const get = (path) => call("GET", path);
export const put = (path, body) => call("PUT", path, body);
export const post = (path, body = {}) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

/** Set the cookies by which this browser's requests choose scenario and session; an empty scenario clears them. */
export async function use(scenario, session) {
  const query = scenario ? `?session=${name(session)}` : "";
  const response = await fetch(url(`use/${name(scenario)}${query}`), { headers: headers(), redirect: "manual", cache: "no-store" });
  if (response.type !== "opaqueredirect" && !response.ok) throw new Refused(response.status, read(await response.text()));
}

/** Fetch as a file to keep. */
export async function download(path, filename) {
  const response = await fetch(url(path), { headers: headers() });
  if (!response.ok) throw new Refused(response.status, read(await response.text()));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
