import type { ProviderDefinition } from './definition.ts'
import { edgegap } from './edgegap/definition.ts'
import { rockitEdge } from './rockit-edge/definition.ts'

/** Every provider there is; the first one that the defaults name is taken where none is given. */
export const REGISTRY: readonly ProviderDefinition[] = [edgegap, rockitEdge]
