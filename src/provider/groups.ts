import type { Call } from './call.ts'

/** A deployment of this application that has not ended. */
export interface Member {
  id: string
  tags: readonly string[]
  /** It is being stopped. */
  isEnding?: true
}

export interface Members {
  members: readonly Member[]
  /**
   * Ids that are listed, and neither list nor status tells whose they are. They may have ended since,
   * or be too young.
   */
  unclear: readonly string[]
}

/** For providers whose deployments can be listed by what they are for. */
export interface Groups {
  /**
   * Every deployment of the application, or only those with exactly the group's tag, that has not
   * ended. Each one is checked by its own status, however the list answers. Safe to repeat.
   */
  members(scope: { application: string; group: string | undefined }, call: Call): Promise<Members>
  /**
   * False where there certainly is no such application: then no list can have shown anything.
   *
   * @throws ActionError where it could not be read
   */
  isApplication?(application: string, call: Call): Promise<boolean>
}
