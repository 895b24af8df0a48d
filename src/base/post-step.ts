/** False elsewhere than on a runner of GitHub's kind: there nothing follows that could clean up. */
export function hasPostStep(environment: NodeJS.ProcessEnv): boolean {
  return environment.GITHUB_ACTIONS === 'true' || Boolean(environment.GITHUB_STATE)
}
