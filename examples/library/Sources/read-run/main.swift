import Embeddings
import RunStore

// What a run holds: its snapshots, the words of its concepts, and how far each of them moved.
guard CommandLine.arguments.count == 2 else {
    print("usage: read-run RUN")
    throw Usage()
}
struct Usage: Error {}

let run = try RunReader(CommandLine.arguments[1])
print("run \(run.header.runID) of \(run.header.created)")
for snapshot in try run.snapshots() {
    print("snapshot \(snapshot.label): \(snapshot.rows) tokens, \(snapshot.dimensions) numbers each")
}
let (before, after) = (try run.snapshot("before"), try run.snapshot("after"))
let words = try run.concepts()?.words.filter { !$0.isControl && !$0.singleTokens.isEmpty } ?? []
for word in words.prefix(10) {
    let rows = word.singleTokens.map(Int.init)
    let old = try run.embedding(before, rows: rows)
    let new = try run.embedding(after, rows: rows)
    let squares = zip(old.elements, new.elements).reduce(0.0) { $0 + Double(($1.1 - $1.0) * ($1.1 - $1.0)) }
    print("\(word.domain)/\(word.group) \(word.word): moved by \((squares / Double(rows.count)).squareRoot())")
}
