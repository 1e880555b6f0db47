import FileSupport
import Foundation
import LanguageModel
import Records
import StudyFiles

/// A measure of the study's own: a command that gets a model's folder and prints what the model scores.
struct ModelCommand {
    let settings: StudyFile.CustomCommand
    /// Where its outputs are kept.
    let folder: String

    /// Scores a model.
    ///
    /// - Parameters:
    ///   - model: a Hugging Face folder.
    ///   - label: of the model; names the files of the outputs.
    /// - Returns: nil when the user wants to stop.
    /// - Throws: ``InputError`` that names the command where it fails, is ended, or prints something else than a score.
    func score(_ model: String, label: String) throws -> CommandScore? {
        try AtomicFile.makeFolder(folder)
        let files = ["stdout", "stderr"].map { "\(folder)/\(settings.name)-\(label).\($0)" }
        let program = try program()
        let absolute = URL(fileURLWithPath: model).standardizedFileURL.path
        let arguments = [program] + settings.command.dropFirst().map { $0.replacing("{model}", with: absolute) }
        let ending = try ChildCommand.run(
            arguments, seconds: Double(settings.seconds), output: files[0], errors: files[1],
            isInterrupted: { Interrupt.requested })
        switch ending {
        case .interrupted: return nil
        case .exited(0): break
        case .exited(let code): throw failed("ended with code \(code)", files[1])
        case .signalled(let number): throw failed("was ended by signal \(number)", files[1])
        case .outOfTime: throw failed("did not end within \(settings.seconds) s", files[1])
        case .wroteTooMuch: throw failed("wrote more than \(ChildCommand.longestOutput >> 20) MiB", files[1])
        }
        return try CommandScore(
            printed: Input.bytes(files[0], mayBeEmpty: true), by: settings.name, place: files[0])
    }

    /// Where its program is.
    ///
    /// - Throws: ``InputError`` when there is none that can be run.
    func program() throws -> String {
        guard let program = ChildCommand.find(settings.command[0]) else {
            throw InputError(
                "the command '\(settings.name)' is no program that can be run", at: settings.command[0],
                remedy: "check the path, and that it may be executed")
        }
        return program
    }

    private func failed(_ what: String, _ errors: String) -> InputError {
        let said = (try? Input.bytes(errors, mayBeEmpty: true)).map { String(decoding: $0.suffix(4096), as: UTF8.self) }
        let last = said?.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
        return InputError(
            "the command '\(settings.name)' \(what)\(last)", at: errors, remedy: "mend it, then go on with --resume")
    }
}

extension CommandScore {
    /// Reads what a command printed: one number, or `{"score": x, "items": [{"id": …, "score": …}]}`.
    ///
    /// - Parameters:
    ///   - name: of the command.
    ///   - place: where the bytes lie.
    /// - Throws: ``InputError`` that names the command for anything else, also for scores that are not finite.
    package init(printed bytes: [UInt8], by name: String, place: String) throws {
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        func wrong(_ what: String) -> InputError {
            InputError(
                "the command '\(name)' printed \(what)", at: place,
                remedy: "print one number, or {\"score\": x, \"items\": [{\"id\": …, \"score\": …}]}")
        }
        if let number = Double(text) {
            guard number.isFinite else { throw wrong("the score \(text)") }
            self.init(value: number)
            return
        }
        guard text.hasPrefix("{") else { throw wrong(text.isEmpty ? "nothing" : "no number: '\(text)'") }
        let root = JSONCursor(try JSON.parse(bytes, place: place), place: place)
        try root.onlyKeys(["score", "items"])
        let items = try (root.optional("items")?.elements() ?? []).map { item -> Item in
            try item.onlyKeys(["id", "score"])
            let id = try item.member("id")
            let name = if case .integer(let number) = id.value { String(number) } else { try id.string() }
            return Item(id: name, score: try item.member("score").double())
        }
        self.init(value: try root.member("score").double(), items: items)
        guard value.isFinite, items.allSatisfy(\.score.isFinite) else { throw wrong("a score that is not finite") }
        guard Set(items.map(\.id)).count == items.count else { throw wrong("two items of one id") }
    }
}

extension StudyFile {
    /// The study's commands, with their outputs kept in a run's folder.
    func commands(in folder: RunFolder) -> [ModelCommand] {
        evaluate.custom.map { ModelCommand(settings: $0, folder: folder.path + "/commands") }
    }
}

extension RunContext {
    /// Scores a model that is in memory, by commands that get it as a folder.
    ///
    /// - Returns: by name of the command.
    func scores(
        of model: TransformerModel, by commands: [ModelCommand], label: String
    ) throws -> [String: CommandScore] {
        guard !commands.isEmpty else { return [:] }
        let scratch = folder.scratch + "/command-model"
        try? FileManager.default.removeItem(atPath: scratch)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try CheckpointFolder.save(
            model, tokenizer: inputs.checkpoint.tokenizer, configJSON: inputs.checkpoint.configJSON, to: scratch)
        return try scores(scratch, by: commands, label: label)
    }

    /// Scores the model of a folder.
    func scores(_ model: String, by commands: [ModelCommand], label: String) throws -> [String: CommandScore] {
        var out: [String: CommandScore] = [:]
        for command in commands {
            progress.begin("\(command.settings.name) \(label)")
            guard let score = try command.score(model, label: label) else {
                throw interrupted("everything finished before is kept")
            }
            out[command.settings.name] = score
            try audit.append(
                "command-ended",
                [
                    "name": .string(command.settings.name), "model": .string(label), "score": .number(score.value),
                    "items": .integer(score.items.count),
                ])
        }
        return out
    }
}
