import type { Call } from './call.ts'
import type { VersionAction } from './plan.ts'

/** The version that is deployed, as it is now. */
export interface EnsuredVersion {
  version: string
  action: VersionAction
  /** Undefined where nobody needed to know it. */
  image: string | undefined
  /** The image that it had before it was moved. */
  previousImage: string | undefined
}

/** A version that was moved, with what a rollback needs. */
export interface MovedVersion {
  version: string
  from: string
  to: string
}

/**
 * For providers whose deployments run a version of an application that can be made and moved. All of
 * it is what `prepare` has planned; nothing here reads the inputs again.
 */
export interface Versions {
  /**
   * Makes or moves the version that is deployed. Safe to repeat.
   *
   * @throws ActionError when it could not be made or moved
   */
  ensure(call: Call): Promise<EnsuredVersion>
  /**
   * Reads the deployed version again, once every create of a server is answered: if it still has its
   * image then, the servers were started with this one. What cannot be read proves nothing.
   *
   * @throws ActionError when somebody else has moved it meanwhile
   */
  expectUnmoved(call: Call): Promise<void>
  /**
   * Moves other versions to the deployed image, one after the other. Each is left alone if somebody
   * else has moved it since `prepare`. A move that is on its way when the call is aborted is awaited
   * for a moment.
   *
   * @param onMoved called for each one as soon as it is certain that it was moved
   * @throws ActionError when one was not moved; those after it are left alone
   */
  promote(onMoved: (moved: MovedVersion) => void, call: Call): Promise<void>
  /** Deletes versions that are too many, where no version was made. Failures only warn. */
  prune(call: Call): Promise<void>
}
