/**
 * What to do about a failure, by the words that Edgegap gives for it (`error_detail`). It may reword them:
 * they choose the advice, and decide nothing.
 *
 * @returns undefined where they tell nothing that is known
 */
export function adviceOnFailure(detail: string): string | undefined {
  if (!/\b(?:pull|image|registry|manifest|toomanyrequests)\b/i.test(detail)) return undefined
  if (/timed?[ -]?out/i.test(detail)) {
    return 'The image took longer to download than its version allows: raise time_to_deploy (seconds) of the version, for example in version-config, or make the image smaller.'
  }
  if (/too ?many ?requests|rate limit/i.test(detail)) {
    return 'The registry limits pulls, as Docker Hub does for pulls without a login: give registry-username and registry-password, or use another registry.'
  }
  if (/pull|unauthori[sz]ed|denied|not found|unknown/i.test(detail)) {
    return 'Check that the image was pushed under this tag, and that the version has a login for its registry that is still good (registry-username and registry-password; registry.edgegap.com needs one too).'
  }
  return undefined
}
