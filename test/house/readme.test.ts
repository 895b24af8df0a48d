import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { REPOSITORY, readActionFile } from '../../scripts/action-metadata.ts'
import { fillTables, README_FILE } from '../../scripts/readme-tables.ts'

const readme = readFileSync(README_FILE, 'utf8')

test('the tables of the README are those of action.yml (npm run fix writes them)', () => {
  expect(readme).toBe(fillTables(readme, readActionFile()))
})

describe('tables', () => {
  const empty =
    '<!-- inputs: begin --><!-- inputs: end -->\n<!-- outputs: begin --><!-- outputs: end -->\n'

  test('name, default and meaning; a comment with a title begins a group', () => {
    const action = `
inputs:
  token:
    description: |
      A token,
      of a|b.
    required: true
  ## Waiting
  wait:
    description: For how long.
    default: 10m
outputs:
  address:
    description: Where.
`
    expect(fillTables(empty, action)).toBe(`<!-- inputs: begin -->

| Input | Default | Meaning |
| --- | --- | --- |
| \`token\` | **required** | A token, of a\\|b. |

#### Waiting

| Input | Default | Meaning |
| --- | --- | --- |
| \`wait\` | \`10m\` | For how long. |

<!-- inputs: end -->
<!-- outputs: begin -->

| Output | Meaning |
| --- | --- |
| \`address\` | Where. |

<!-- outputs: end -->
`)
  })

  test('a README without the markers is refused', () => {
    expect(() => fillTables('# Title\n', 'inputs: {}')).toThrow('inputs: begin')
  })
})

test('links within the README lead somewhere', () => {
  const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, target = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) {
    if (target.startsWith('#')) expect(anchors).toContain(target.slice(1))
    else if (!target.startsWith('https://')) {
      expect(existsSync(join(REPOSITORY, target.replace(/#.*/, ''))), target).toBe(true)
    }
  }
})

test('every npm script that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'))
  for (const [, name = ''] of readme.matchAll(/npm run ([a-z:-]+)/g)) {
    expect(Object.keys(scripts)).toContain(name)
  }
})
