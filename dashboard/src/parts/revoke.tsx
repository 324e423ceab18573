import { useState } from "react";
import { Button } from "./button.tsx";
import { ErrorNote } from "./notes.tsx";

interface RevokeProps {
  /** What goes, as it is read out: `token 1f2e`. */
  readonly what: string;
  readonly onRevoke: () => Promise<void>;
}

/** Two steps on one spot; a token is easily made anew, so no name has to be typed. */
export function Revoke({ what, onRevoke }: RevokeProps) {
  const [step, setStep] = useState<"idle" | "armed" | "busy">("idle");
  const [error, setError] = useState<unknown>(null);

  const press = () => {
    if (step === "idle") return setStep("armed");
    setStep("busy");
    onRevoke().catch((cause: unknown) => {
      setError(cause);
      setStep("idle");
    });
  };

  return (
    <span className="flex flex-col items-end gap-2">
      <Button
        look={step === "armed" ? "dangerNow" : "danger"}
        busy={step === "busy"}
        onClick={press}
        onBlur={() => setStep((now) => (now === "armed" ? "idle" : now))}
        onKeyDown={(key) => {
          if (key.key === "Escape" && step === "armed") setStep("idle");
        }}
        aria-label={step === "armed" ? `Revoke ${what} now` : `Revoke ${what}`}
        className="min-w-32"
      >
        {step === "armed" ? "Revoke it now" : "Revoke …"}
      </Button>
      {error === null ? null : <ErrorNote error={error} />}
    </span>
  );
}
