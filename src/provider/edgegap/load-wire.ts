/** Loaded when the first reply is awaited, not before: the validator costs 10 ms at start-up. */
export const wire = () => import('./wire.ts')
