// What every page of people needs: asking the API, and the browser for a passkey. No framework.

const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

export class Refused extends Error {
  constructor(status, detail, stepUp) {
    super(detail);
    this.status = status;
    this.stepUp = stepUp; // the act that a fresh passkey is needed for
  }
}

export async function ask(method, path, body) {
  const sent = { method, headers: {}, credentials: "same-origin" };
  if (body !== undefined) {
    sent.headers["Content-Type"] = "application/json";
    sent.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, sent);
  } catch {
    throw new Refused(0, "The server does not answer. Is this device online?");
  }
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const header = answer.headers.get("WWW-Authenticate") ?? "";
    const act = header.includes("insufficient_user_authentication")
      ? header.match(/act="([a-z:-]+)"/)?.[1]
      : undefined;
    throw new Refused(answer.status, told.detail ?? "That did not work.", act);
  }
  return told;
}

function named(known) {
  return known.map((one) => ({ ...one, id: decode(one.id) }));
}

function requirePasskeys() {
  if (!window.PublicKeyCredential) {
    throw new Refused(0, "This browser has no passkeys. Use a newer one, over https.");
  }
}

// Asks the device for a new passkey; `publicKey` is as the server told it.
export async function register(publicKey) {
  requirePasskeys();
  const made = await withDevice(() =>
    navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: decode(publicKey.challenge),
        user: { ...publicKey.user, id: decode(publicKey.user.id) },
        excludeCredentials: named(publicKey.excludeCredentials ?? []),
      },
    }),
  );
  return {
    id: made.id,
    rawId: encode(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: encode(made.response.clientDataJSON),
      attestationObject: encode(made.response.attestationObject),
    },
  };
}

// Asks the device to use a passkey.
export async function sign(publicKey) {
  requirePasskeys();
  const used = await withDevice(() =>
    navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: decode(publicKey.challenge),
        allowCredentials: named(publicKey.allowCredentials ?? []),
      },
    }),
  );
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  return {
    id: used.id,
    rawId: encode(used.rawId),
    type: used.type,
    response: {
      clientDataJSON: encode(clientDataJSON),
      authenticatorData: encode(authenticatorData),
      signature: encode(signature),
      ...(userHandle ? { userHandle: encode(userHandle) } : {}),
    },
  };
}

async function withDevice(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "InvalidStateError") {
      throw new Refused(0, "This device has a passkey of yours already.");
    }
    throw new Refused(0, "The device gave no passkey. Nothing was changed; try again.");
  }
}

// Does `work`; where a fresh passkey is asked for, shows one and does it once more.
export async function withStepUp(work, of) {
  try {
    return await work();
  } catch (error) {
    if (!error.stepUp) throw error;
    const words = { act: error.stepUp, of: of ?? null };
    const asked = await ask("POST", "/api/v1/session/step-up/challenge", words);
    const credential = await sign(asked.publicKey);
    await ask("POST", "/api/v1/session/step-up", { ...words, credential });
    return await work();
  }
}

const told = () => document.getElementById("told");

export function tell(text, isProblem = false) {
  told().className = isProblem ? "problem" : "";
  told().textContent = text;
}

// Runs `work` for a button or form: once at a time, and what goes wrong is told.
export function act(element, work) {
  const event = element.tagName === "FORM" ? "submit" : "click";
  element.addEventListener(event, async (happened) => {
    happened.preventDefault();
    const button = element.tagName === "FORM" ? element.querySelector("button") : element;
    if (button.disabled) return;
    button.disabled = true;
    tell("");
    try {
      await work();
    } catch (error) {
      if (error.status === 401 && !error.stepUp) {
        location.assign("/sign-in");
        return;
      }
      tell(error.message, true);
    } finally {
      button.disabled = false;
    }
  });
}
