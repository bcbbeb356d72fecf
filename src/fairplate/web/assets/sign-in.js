import { act, ask, sign } from "./passkeys.js";

act(document.getElementById("sign-in"), async () => {
  const asked = await ask("POST", "/api/v1/session/challenge");
  await ask("POST", "/api/v1/session", { credential: await sign(asked.publicKey) });
  location.assign("/account");
});
