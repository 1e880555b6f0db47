import ArgumentParser
import Study

/// What the program runs as its own child before it reads a run; no user needs it.
struct TryReading: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: RunTrial.command, abstract: "Read all of a run and say what is wrong with its hashes.",
        shouldDisplay: false)

    @Argument(help: "A run folder or run.h5.")
    var path: String

    @Flag(name: .long, help: "Copy it in memory, too.")
    var copying = false

    @OptionGroup var verification: VerificationOptions

    func run() throws { try Console.print(RunTrial.read(path, verifying: verification.verifying, copying: copying)) }
}
