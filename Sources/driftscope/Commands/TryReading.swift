import ArgumentParser
import Study

/// What the program runs as its own child before it reads a run; no user needs it.
struct TryReading: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: RunTrial.command, abstract: "Read all of a run and say nothing.", shouldDisplay: false)

    @Argument(help: "A run folder or run.h5.")
    var path: String

    func run() { RunTrial.read(path) }
}
