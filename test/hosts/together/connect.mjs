import connect from 'connect'
import { callbacks, listening } from './callbacks.mjs'

const app = connect()
app.use('/smile-id', callbacks.router)
const server = app.listen(0, '127.0.0.1', () => listening(server.address().port))
