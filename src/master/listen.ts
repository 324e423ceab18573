import type { Server } from "node:net";
import { DecnetError } from "../domain/errors.ts";

/**
 * Listens, or says why not.
 * @throws DecnetError port-in-use, or config-invalid if it cannot listen for another reason.
 */
export function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const place = `${host}:${port}`;
      reject(
        cause.code === "EADDRINUSE"
          ? new DecnetError("port-in-use", place, { cause })
          : new DecnetError("config-invalid", `cannot listen on ${place}: ${cause.message}`, {
              cause,
            }),
      );
    };
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
