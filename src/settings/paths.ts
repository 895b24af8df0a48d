import { resolve } from 'node:path'

/**
 * A path in full. `~` is the home folder, as for the actions that cache and upload files; what is relative
 * begins at the workspace.
 */
export function readPath(text: string, environment: NodeJS.ProcessEnv): string {
  const home = environment.HOME || environment.USERPROFILE
  const path = home ? text.replace(/^~(?=$|[\\/])/, () => home) : text
  return resolve(environment.GITHUB_WORKSPACE || '.', path)
}
