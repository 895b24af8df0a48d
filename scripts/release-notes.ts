/**
 * The text of a release: what the changelog says about the version, and how to check what was released.
 *
 * @param changelog in the form of Keep a Changelog
 * @param tag such as `v1.2.3`
 * @param repository such as `owner/deploy-game-server`
 * @throws Error when the changelog does not have the version
 */
export function releaseNotes(changelog: string, tag: string, repository: string): string {
  const version = tag.replace(/^v/, '')
  const begin = changelog.indexOf(`\n## [${version}]`)
  if (begin < 0) throw new Error(`CHANGELOG.md has no section [${version}]`)
  const [, section = ''] =
    /^\n## [^\n]*\n([\s\S]*?)(?=\n## |$(?![\s\S]))/.exec(changelog.slice(begin)) ?? []
  return `${section.trim()}\n\n${howToCheck(tag, repository)}`
}

function howToCheck(tag: string, repository: string): string {
  return `## How to check this release

Pin the commit of this release, with the tag as a comment. The bundle that runs was built from that commit by this repository's release workflow, and GitHub holds a signed statement of it. In a checkout of the tag:

\`\`\`sh
gh attestation verify dist/index.js \\
  --repo ${repository} \\
  --signer-workflow ${repository}/.github/workflows/release.yml \\
  --source-ref refs/tags/${tag}
\`\`\`

The same holds for every other \`.js\` file of \`dist/\` and \`emulator/dist/\`, and for the archives below. \`npm ci && npm run check:dist\` builds the bundles again and compares them. Once published, \`gh release verify ${tag} --repo ${repository}\` tells that neither the tag nor the files were changed.

- \`deploy-game-server-${tag}.tar.gz\`: both actions with their bundles, as they are in the tag
- \`source-maps-${tag}.tar.gz\`: lead from a line of the minified bundle to the source
- \`SHA256SUMS\`: the sums of both
`
}
