import { request } from "node:http";

/** Calls the operator plane as the command line does: by the socket file, without a login. */
export function callMaster(
  master: { readonly socketPath: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly json: unknown }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const sent = request(
      {
        socketPath: master.socketPath,
        method,
        path,
        headers: body === undefined ? {} : { "content-type": "application/json" },
      },
      (answer) => {
        let received = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          received += part;
        });
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            json: received === "" ? null : (JSON.parse(received) as unknown),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** Items of a list of the API. */
export async function listOf<T>(
  master: { readonly socketPath: string },
  path: string,
): Promise<readonly T[]> {
  const { json } = await callMaster(master, "GET", path);
  return (json as { readonly items: readonly T[] }).items;
}
