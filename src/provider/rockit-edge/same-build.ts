/** `7` and `0007` are the same: paths pad the numbers of builds ("Creating Deployments"). */
export function isSameBuild(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && withoutZeros(one) === withoutZeros(other)
}

function withoutZeros(build: string | undefined): string | undefined {
  return build?.replace(/^0+(?=\d+$)/, '')
}
