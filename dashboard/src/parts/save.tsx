import { Download } from "lucide-react";
import { Button } from "./button.tsx";

interface SaveProps {
  readonly name: string;
  /** Made when it is asked for. */
  readonly content: () => BlobPart;
  readonly label: string;
}

/** Puts bytes into a file. They are of no type that a browser shows, whatever is in them. */
export function Save({ name, content, label }: SaveProps) {
  return (
    <Button onClick={() => save(name, content())}>
      <Download aria-hidden="true" size={14} />
      {label}
    </Button>
  );
}

function save(name: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once the click is over.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
