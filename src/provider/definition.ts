import type { ProviderInputs } from '../settings/provider-inputs.ts'
import type { Settings } from '../settings/settings.ts'
import type { Provider, ProviderContext } from './provider.ts'

/** How the post step reaches the account again: what `savedAccess` gave, beside URL and token. */
export interface SavedAccess {
  readonly apiUrl: URL
  readonly token: string
  readonly own: Readonly<Record<string, string>>
}

/**
 * All that the rest of the action has to know of a provider: which inputs and outputs it has, how they
 * are read, and how it is opened. A provider is one folder with a definition, and one line in
 * `registry.ts`. The definition is loaded at every start, so what it imports has to be light.
 *
 * @typeParam Own the provider's own settings, which no other code reads
 */
export interface ProviderDefinition<Own = unknown> extends ProviderInputs<Own> {
  /** For people, such as `Edgegap`. */
  readonly title: string
  /** Outputs that only it fills, by their names in action.yml; see `Facts.outputs`. */
  readonly outputs: readonly string[]
  /** What the post step has to know to reach the account again. It is written to disk: no secrets. */
  savedAccess(settings: Settings<Own>): Readonly<Record<string, string>>
  /** True for what may be an id of this provider: ids from the state file become parts of requests. */
  isId(id: string): boolean
  /** Loads the provider's code and opens it for a run. */
  open(settings: Settings<Own>, context: ProviderContext): Promise<Provider>
  /**
   * Opens it for the post step, which only finds and stops.
   *
   * @throws Error when what was saved is not enough
   */
  reopen(saved: SavedAccess, context: ProviderContext): Promise<Provider>
}
