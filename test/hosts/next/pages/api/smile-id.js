import { callbacks } from '../../callbacks.mjs'

// The body stays a stream: Next's parser stops at 1 MB.
export const config = { api: { bodyParser: false } }

export default (req, res) => callbacks.node(req, res)
