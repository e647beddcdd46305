export default { experimental: { cpus: 1 }, turbopack: { root: import.meta.dirname } }
