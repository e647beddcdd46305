// Every host that is tried: its project, how it starts, and the door it uses.
import { readFileSync } from 'node:fs'
import { nodeBinary } from '../support/node-binary.mjs'

const node = process.execPath
// npx costs a second of its own.
const next = 'node_modules/next/dist/bin/next'
// Its own command is put there by an install script, and none runs here.
const bun = `node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`
const expresses = ['express-4.18', 'express-4.21', 'express-5'].flatMap((project) => [
  { name: project, project, title: 'Express', packageName: 'express', door: '`router`' },
  {
    name: `${project}-middleware`,
    project,
    title: 'Express, behind the usual middleware',
    packageName: 'express',
    start: [node, 'middleware.mjs'],
    door: '`router`',
  },
  // Parsers answer for themselves what they refuse: a body over their limit, and what is no JSON.
  {
    name: `${project}-json`,
    project,
    title: 'Express, behind express.json()',
    packageName: 'express',
    start: [node, 'json.mjs'],
    door: '`router`',
    except: { 'cut off': 400, '2 MB declared': 413, '2 MB chunked': 413 },
    loose: true,
  },
  {
    name: `${project}-raw`,
    project,
    title: 'Express, behind express.raw()',
    packageName: 'express',
    start: [node, 'raw.mjs'],
    door: '`router`',
    loose: true,
  },
])
const nests = ['10', '11', '12'].flatMap((version) => [
  { name: `nest-${version}`, title: 'Nest on Express', packageName: '@nestjs/core', door: '`router`' },
  {
    name: `nest-${version}-fastify`,
    project: `nest-${version}`,
    title: 'Nest on Fastify',
    packageName: '@nestjs/core',
    start: [node, 'fastify.mjs'],
    door: '`router`',
  },
])

/** Whether the host's own types and ours fit together. */
async function compiles(folder, exec) {
  await exec(
    node,
    [
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'NodeNext',
      '--target',
      'ES2022',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
      'azure.ts',
    ],
    { cwd: folder },
  )
  return []
}

const lambdaEvents = ['rest-plain', 'rest-base64', 'http-plain', 'http-base64', 'alb-plain', 'alb-base64'].map(
  (kind) => `/${kind}/smile-id`,
)
/** One of those that agree on their packages: an install costs more than to try what it brings. */
const together = (name, title, door, more) => ({
  name,
  project: 'together',
  title,
  door,
  start: [node, `${name}.mjs`],
  ...more,
})
const lambda = (name, title, door, more) =>
  together(name, `${title}: REST, HTTP API and load balancer`, door, {
    start: [node, 'lambda.mjs'],
    env: { ADAPTER: name },
    paths: lambdaEvents,
    ...more,
  })

const nextHost = (name, title, more) => ({
  name,
  project: 'next',
  title,
  packageName: 'next',
  build: [node, next, 'build'],
  start: [node, next, 'start', '-p', '{port}', '-H', '127.0.0.1'],
  port: true,
  ...more,
})

export const hosts = [
  ...expresses,
  ...nests,
  together('fastify', 'Fastify', '`router`'),
  together('koa', 'Koa', '`router`, by koa-connect'),
  together('connect', 'connect', '`router`'),
  together('polka', 'polka', '`router`'),
  together('http', 'node:http', '`node`'),
  together('hono', 'Hono', '`fetch`'),
  { name: 'h3-1', title: 'h3', packageName: 'h3', door: '`fetch`' },
  together('h3-2', 'h3', '`fetch`', { packageName: 'h3' }),
  together('srvx', 'srvx', '`fetch`'),
  together('whatwg-node-server', '@whatwg-node/server, with its own fetch API', '`fetch`', {
    packageName: '@whatwg-node/server',
  }),
  together('functions-framework', "Google's functions framework", '`router`', {
    packageName: '@google-cloud/functions-framework',
    start: [
      node,
      'node_modules/@google-cloud/functions-framework/build/src/main.js',
      '--source=functions-framework.mjs',
      '--target=smileId',
    ],
    port: true,
    path: '/',
    loose: true,
  }),
  nextHost('next-app', 'Next, App Router', { door: '`fetch`' }),
  nextHost('next-pages', 'Next, Pages Router', { path: '/api/smile-id', door: '`node`' }),
  {
    name: 'sveltekit',
    title: 'SvelteKit, adapter-node',
    packageName: '@sveltejs/kit',
    build: [node, 'node_modules/vite/bin/vite.js', 'build'],
    start: [node, 'build'],
    env: { BODY_SIZE_LIMIT: '3M' },
    port: true,
    door: '`fetch`',
  },
  ...['vendia', 'codegenie', 'serverless-http'].map((adapter) => {
    const packageName = adapter === 'serverless-http' ? adapter : `@${adapter}/serverless-express`
    return lambda(adapter, `AWS Lambda, by ${packageName}`, '`router`', { packageName })
  }),
  lambda('lambda', 'AWS Lambda, without an adapter', '`lambdaHandler`'),
  ...['20.3.0', '22', '24', '26'].map((version) => ({
    name: `node-${version}`,
    project: 'express-5',
    title: 'Express',
    packageName: 'express',
    runtime: `Node ${version}`,
    start: () => [nodeBinary(version), 'server.mjs'],
    door: '`router`',
  })),
  together('deno', 'Deno', '`fetch`', {
    runtime: 'Deno',
    start: ['node_modules/.bin/deno', 'run', '--no-prompt', '--allow-net', '--allow-env', 'deno.mjs'],
  }),
  together('bun', 'Bun', '`fetch`', { runtime: 'Bun', start: [bun, 'bun.mjs'] }),
  together('workers', 'Cloudflare Workers, by miniflare', '`fetch`', { packageName: 'miniflare', runtime: 'workerd' }),
  together('azure', 'Azure Functions (types alone)', '`fetch`', { packageName: '@azure/functions', only: compiles }),
]

/** The version of a host, as its project's lock file has it. */
function versionOf({ name, project = name, packageName = name }) {
  const { packages } = JSON.parse(readFileSync(new URL(`${project}/package-lock.json`, import.meta.url), 'utf8'))
  return packages[`node_modules/${packageName}`]?.version
}

/** What the page of hosts shows: a row a host and door, with all versions and runtimes that are tried. */
export function table() {
  const rows = new Map()
  for (const host of hosts) {
    const { title, door, runtime = 'Node' } = host
    const row = rows.get(`${title} ${door}`) ?? { title, door, versions: new Set(), runtimes: new Set() }
    rows.set(`${title} ${door}`, row)
    const version = versionOf(host)
    if (version) row.versions.add(version)
    row.runtimes.add(runtime)
  }
  const cells = [...rows.values()].map(
    ({ title, door, versions, runtimes }) =>
      `| ${title} | ${[...versions].join(', ') || '–'} | ${[...runtimes].join(', ')} | ${door} |`,
  )
  return ['| host | version | on | door |', '|---|---|---|---|', ...cells].join('\n')
}
