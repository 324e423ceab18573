import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import Value from "typebox/value";
import type { FieldFault } from "../../wire/fault.ts";
import { RequestInvalid } from "./refusal.ts";

/**
 * Makes Fastify validate with TypeBox, by the schemas that the OpenAPI document shows. What comes
 * as text (query, path) is converted first; a body must have the right types as it is.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value) => {
    const converted = httpPart === "body" ? value : Value.Convert(schema, value);
    if (validator.Check(converted)) return { value: converted };
    return { error: new RequestInvalid(validator.Errors(converted).flatMap(faultsOf)) };
  };
};

function faultsOf(error: TLocalizedValidationError): FieldFault[] {
  const at = error.instancePath;
  if (error.keyword === "required") {
    return error.params.requiredProperties.map((name) => fault(at, name, "is required"));
  }
  if (error.keyword === "additionalProperties") {
    return error.params.additionalProperties.map((name) => fault(at, name, "is not known here"));
  }
  if (error.keyword === "enum") {
    return [{ field: at, fault: `must be one of ${error.params.allowedValues.join(", ")}` }];
  }
  // The same unknown field again, as seen from inside.
  if (error.keyword === "boolean") return [];
  return [{ field: at, fault: error.message }];
}

function fault(parent: string, name: string, what: string): FieldFault {
  return { field: `${parent}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, fault: what };
}
