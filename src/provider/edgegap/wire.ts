/**
 * Edgegap's JSON in our words. Readers are lenient: fields are missing or null in some phases,
 * numbers come as strings in some payloads, and unknown fields are dropped. Nothing outside this
 * folder knows a wire name of a deployment. Shapes: OpenAPI v1 (2026.04.24) and v2 (2026.06.01).
 */
export * from './cut-log.ts'
export * from './wire/facts.ts'
export * from './wire/logs.ts'
export * from './wire/reply.ts'
export * from './wire/rows.ts'
export * from './wire/status.ts'
