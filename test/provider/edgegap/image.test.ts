import { describe, expect, it } from 'vitest'
import {
  isSameImage,
  parseImage,
  showImage,
  warnOfTag,
} from '../../../src/provider/edgegap/image.ts'

describe('an image is read as Docker reads it', () => {
  it.each([
    ['nginx:1', 'docker.io', 'library/nginx', '1'],
    ['my-org/game:1.2', 'docker.io', 'my-org/game', '1.2'],
    ['docker.io/nginx:1', 'docker.io', 'library/nginx', '1'],
    ['index.docker.io/my-org/game:1', 'docker.io', 'my-org/game', '1'],
    ['registry.edgegap.com/my-org/game:v1', 'registry.edgegap.com', 'my-org/game', 'v1'],
    ['ghcr.io/a/b/c/d:1', 'ghcr.io', 'a/b/c/d', '1'],
    ['localhost/game:1', 'localhost', 'game', '1'],
    ['localhost:5000/game:1', 'localhost:5000', 'game', '1'],
    ['registry:5000/team/game:1', 'registry:5000', 'team/game', '1'],
    ['GHCR.io/a/b:Tag_1.x-Y', 'ghcr.io', 'a/b', 'Tag_1.x-Y'],
    ['a/b__c.d--e:_1', 'docker.io', 'a/b__c.d--e', '_1'],
    ['registry-1.docker.io/nginx:1', 'docker.io', 'library/nginx', '1'],
    ['a.b-c.d9:80/x:1', 'a.b-c.d9:80', 'x', '1'],
    ['a:12345/x:1', 'a:12345', 'x', '1'],
    ['LOCALHOST/x:1', 'localhost', 'x', '1'],
    ['localhosts/x:1', 'docker.io', 'localhosts/x', '1'],
    [`a/b:${'t'.repeat(128)}`, 'docker.io', 'a/b', 't'.repeat(128)],
    [`docker.io/${'n'.repeat(245)}:1`, 'docker.io', `library/${'n'.repeat(245)}`, '1'],
  ])('%s', (text, registry, name, tag) => {
    expect(parseImage(text)).toEqual({ registry, name, tag })
  })
})

describe('what is no image is refused with the reason', () => {
  it.each([
    ['registry.edgegap.com/my-org/game', 'no tag'],
    ['localhost:5000/game', 'no tag'],
    ['nginx', 'no tag'],
    ['nginx:', 'tag is empty'],
    [`nginx:${'a'.repeat(129)}`, '128 characters'],
    ['nginx:a:b', 'tag may hold'],
    ['nginx:.a', '"a" may be meant'],
    ['ghcr.io/a/b:feature/x', '"feature-x" may be meant'],
    ['ghcr.io/a/b:main\nghcr.io/a/b:sha-1\n', 'these are 2 images'],
    ['ghcr.io/a/b:main,ghcr.io/a/b:sha-1', 'these are 2 images'],
    ['nginx:1/2', 'no tag'],
    ['ghcr.io/a/b@sha256:abc', 'digest'],
    ['ghcr.io/a/b:1@sha256:abc', 'digest'],
    ['MyOrg/Game:1', '"myorg/game" may be meant'],
    ['https://ghcr.io/a/b:1', 'leave https:// out'],
    ['ghcr.io/a b:1', 'blanks'],
    ['ghcr.io/a\nb:1', 'blanks'],
    ['ghcr.io/ä:1', 'characters that no image has'],
    ['ghcr.io//b:1', 'empty part'],
    ['/b:1', 'empty part'],
    ['ghcr.io/:1', 'no name'],
    [':1', 'no name'],
    ['', 'no name'],
    ['-bad.io/a:1', 'no host'],
    ['ghcr.io:port/a:1', 'no host'],
    ['a..b/c/-d:1', 'no host'],
    ['ghcr.io/a/-b:1', '"-b"'],
    ['ghcr.io/../../v1/app:1', '".."'],
    [`ghcr.io/${'a'.repeat(300)}:1`, '255 characters'],
    ['a'.repeat(100_000), 'too long'],
    ['a'.repeat(584), 'too long'],
    ['a'.repeat(583), '255 characters'],
    [`docker.io/${'n'.repeat(246)}:1`, '255 characters'],
    ['a:123456/x:1', 'no host'],
    ['a-.b/x:1', 'no host'],
    ['a b.c:1', 'blanks'],
    ['a/b\u007f:1', 'characters that no image has'],
    ['http:x:1', 'tag may hold'],
    ['FTP://x/y:1', 'leave FTP:// out'],
    ['a/b:1-ä', 'characters that no image has'],
    ['a/b___c:1', '"b___c"'],
    ['a/b.:1', '"b."'],
    ['a/b..c:1', '"b..c"'],
    ['a/b/:1', 'empty part'],
    ['a/B:1', 'lower case'],
    ['a/b:-1', 'tag may hold'],
    ['a/b:1+2', 'tag may hold'],
    ['ghcr.io/x://y:1', 'tag may hold'],
  ])('%s', (text, reason) => {
    expect(parseImage(text)).toContain(reason)
  })
})

it.each([`${'-'.repeat(200)}.io/a:1`, `a/${'_'.repeat(200)}:1`, `${'A'.repeat(200)}:1`])(
  'a reason does not repeat all of %s',
  (text) => {
    expect(String(parseImage(text)).length).toBeLessThan(220)
    expect(parseImage(text)).not.toContain(text.slice(2, 160))
  },
)

describe('two images are the same', () => {
  it.each([
    [{ registry: 'index.docker.io', name: 'nginx', tag: '1' }, 'nginx:1', true],
    [{ registry: 'https://GHCR.io/', name: 'a/b', tag: '1' }, 'ghcr.io/a/b:1', true],
    [{ registry: 'ghcr.io', name: 'a/b', tag: '2' }, 'ghcr.io/a/b:1', false],
    [{ registry: 'ghcr.io', name: 'a/b', tag: 'A' }, 'ghcr.io/a/b:a', false],
    [{ registry: '', name: 'a/b', tag: '1' }, 'ghcr.io/a/b:1', false],
    [{ registry: ' ghcr.io ', name: ' a/b ', tag: ' 1 ' }, 'ghcr.io/a/b:1', true],
    [{ registry: 'http://ghcr.io//', name: 'a/b', tag: '1' }, 'ghcr.io/a/b:1', true],
    [{ registry: 'https://index.docker.io/', name: 'nginx', tag: '1' }, 'nginx:1', true],
    [{ registry: 'registry-1.docker.io', name: 'library/nginx', tag: '1' }, 'nginx:1', true],
    [{ registry: 'docker.io', name: 'nginx', tag: '1' }, 'my-org/nginx:1', false],
    [{ registry: 'ghcr.io', name: 'nginx', tag: '1' }, 'ghcr.io/library/nginx:1', false],
    [{ registry: 'ghcr.io/a', name: 'b', tag: '1' }, 'ghcr.ioa/b:1', false],
    [{ registry: 'ghcr.io/http://', name: 'a/b', tag: '1' }, 'ghcr.io/a/b:1', false],
  ])('%j and %s: %s', (image, text, isSame) => {
    const other = parseImage(text)
    if (typeof other === 'string') throw new Error(other)
    expect(isSameImage(image, other)).toBe(isSame)
  })
})

it('shows the whole reference, and warns of the tag latest only', () => {
  const image = { registry: 'docker.io', name: 'library/nginx', tag: 'latest' }
  expect(showImage(image)).toBe('docker.io/library/nginx:latest')
  expect(warnOfTag(image)).toContain('latest')
  expect(warnOfTag({ ...image, tag: '1' })).toBeUndefined()
})
