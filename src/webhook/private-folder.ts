import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Leftovers, PRIVATE_FOLDER } from './leftovers.ts'

/** A folder for the files of a tunnel, made when first asked for. */
export class PrivateFolder {
  readonly #environment: NodeJS.ProcessEnv
  readonly #leftovers: Leftovers
  #path: Promise<string> | undefined

  /** @param leftovers hears of it, so that the post step can remove what a killed step left */
  constructor(environment: NodeJS.ProcessEnv, leftovers: Leftovers) {
    this.#environment = environment
    this.#leftovers = leftovers
  }

  async open(): Promise<string> {
    this.#path ??= this.#make()
    return await this.#path
  }

  /** Removes it with all that is in it. Safe to call more than once, and where it was never made. */
  async remove(): Promise<void> {
    const path = await this.#path?.catch(() => undefined)
    this.#path = undefined
    if (path === undefined) return
    await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
    this.#leftovers.removeFolder(path)
  }

  async #make(): Promise<string> {
    const path = await mkdtemp(join(this.#environment.RUNNER_TEMP || tmpdir(), PRIVATE_FOLDER))
    this.#leftovers.addFolder(path)
    return path
  }
}
