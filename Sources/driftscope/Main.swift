import ArgumentParser

@main
struct Driftscope: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "driftscope")
}
