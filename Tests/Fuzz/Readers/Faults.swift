import FileSupport

extension Reader {
    /// What a reader must not do, one fault after the other, to see that each is found; only asked for by name.
    static let faults = Reader(
        kind: "faults", targets: [".txt"],
        makeSeeds: { seeds, folder in try seeds.write("text\n", to: folder + "/seed/file.txt") },
        read: { mutant in
            switch mutant.number {
            case 0: fatalError("a crash")
            case 1: throw WrongNumbers("another error")
            case 2:
                let bytes = [UInt8](repeating: 1, count: Worker.largest + 1)
                throw InputError("\(bytes.last ?? 0)", at: mutant.path, remedy: "")
            case 3: throw InputError("a refusal", at: mutant.path, remedy: "")
            default: break
            }
        })
}
