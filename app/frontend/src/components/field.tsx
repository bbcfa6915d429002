import { type InputHTMLAttributes, type TextareaHTMLAttributes, useId } from "react";

interface Labelled {
  readonly name: string;
  readonly label: string;
  readonly testId: string;
}

interface FieldProps extends Labelled, InputHTMLAttributes<HTMLInputElement> {
  readonly name: string;
  readonly hint?: string | undefined;
}

interface TextFieldProps extends Labelled, TextareaHTMLAttributes<HTMLTextAreaElement> {
  readonly name: string;
}

/** Labelled input of a form. */
export function Field({ label, hint, testId, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-describedby={hint && `${id}-hint`} data-testid={testId} />
      {hint && (
        <p id={`${id}-hint`} className="quiet">
          {hint}
        </p>
      )}
    </div>
  );
}

/** Labelled text of several lines in a form. */
export function TextField({ label, testId, ...area }: TextFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea {...area} id={id} data-testid={testId} />
    </div>
  );
}
