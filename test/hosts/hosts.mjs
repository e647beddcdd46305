// Every host that is tried: its project, how it starts, and the door it uses.
const node = process.execPath
const expresses = ['express-4.18', 'express-4.21', 'express-5'].flatMap((project) => [
  { name: project, project, title: 'Express', packageName: 'express', door: '`router`' },
  { name: `${project}-middleware`, project, title: 'Express, behind the usual middleware', packageName: 'express', start: [node, 'middleware.mjs'], door: '`router`' },
  // Parsers answer for themselves what they refuse: a body over their limit, and what is no JSON.
  { name: `${project}-json`, project, title: 'Express, behind express.json()', packageName: 'express', start: [node, 'json.mjs'], door: '`router`', except: { 'cut off': 400, '2 MB declared': 413, '2 MB chunked': 413 }, loose: true },
  { name: `${project}-raw`, project, title: 'Express, behind express.raw()', packageName: 'express', start: [node, 'raw.mjs'], door: '`router`', loose: true },
])
const nests = ['10', '11', '12'].flatMap((version) => [
  { name: `nest-${version}`, title: 'Nest on Express', packageName: '@nestjs/core', door: '`router`' },
  { name: `nest-${version}-fastify`, project: `nest-${version}`, title: 'Nest on Fastify', packageName: '@nestjs/core', start: [node, 'fastify.mjs'], door: '`router`' },
])

export const hosts = [
  ...expresses,
  ...nests,
  { name: 'fastify', title: 'Fastify', door: '`router`' },
  { name: 'koa', title: 'Koa', door: '`router`, by koa-connect' },
  { name: 'connect', title: 'connect', door: '`router`' },
  { name: 'polka', project: 'connect', title: 'polka', start: [node, 'polka.mjs'], door: '`router`' },
  { name: 'http', project: 'connect', title: 'node:http', start: [node, 'http.mjs'], door: '`node`' },
  { name: 'hono', title: 'Hono', door: '`fetch`' },
  { name: 'h3-1', title: 'h3', packageName: 'h3', door: '`fetch`' },
  { name: 'h3-2', title: 'h3', packageName: 'h3', door: '`fetch`' },
  { name: 'srvx', title: 'srvx', door: '`fetch`' },
  { name: 'whatwg-node-server', title: '@whatwg-node/server, with its own fetch API', packageName: '@whatwg-node/server', door: '`fetch`' },
  { name: 'functions-framework', loose: true, title: "Google's functions framework", packageName: '@google-cloud/functions-framework', start: [node, 'node_modules/@google-cloud/functions-framework/build/src/main.js', '--source=index.mjs', '--target=smileId'], port: true, path: '/', door: '`router`' },
]
