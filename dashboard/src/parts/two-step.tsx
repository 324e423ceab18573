import { useState } from "react";
import { Button } from "./button.tsx";
import { ErrorNote } from "./notes.tsx";

interface TwoStepProps {
  /** The deed as it is read out: `Revoke token 1f2e`. */
  readonly deed: string;
  /** What the button says at first. */
  readonly first: string;
  /** What it says once armed. */
  readonly then: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly className?: string;
}

/**
 * Danger in two steps on one spot, where what is lost is easily made anew, so that no name has to be
 * typed. Whoever looks away, or presses Escape, has done nothing.
 */
export function TwoStep({ deed, first, then, onConfirm, className = "" }: TwoStepProps) {
  const [step, setStep] = useState<"idle" | "armed" | "busy">("idle");
  const [error, setError] = useState<unknown>(null);

  const press = () => {
    setError(null);
    if (step === "idle") return setStep("armed");
    setStep("busy");
    onConfirm()
      .catch(setError)
      .finally(() => setStep("idle"));
  };

  return (
    <span className={`flex flex-col gap-2 ${className}`}>
      <Button
        look={step === "armed" ? "dangerNow" : "danger"}
        busy={step === "busy"}
        onClick={press}
        onBlur={() => setStep((now) => (now === "armed" ? "idle" : now))}
        onKeyDown={(key) => {
          if (key.key === "Escape" && step === "armed") setStep("idle");
        }}
        aria-label={step === "armed" ? `${deed} now` : deed}
        className="min-w-32"
      >
        {step === "armed" ? then : first}
      </Button>
      {error === null ? null : <ErrorNote error={error} />}
    </span>
  );
}
