/**
 * What an object has under a name. For requests and responses: Express gives each a hidden class of its own, which no inline
 * cache of V8's has seen, so that `object[name]` costs three times as much (0.26 against 0.09 µs).
 */
export const look = <T extends object, Name extends keyof T>(object: T, name: Name): T[Name] => Reflect.get(object, name)
