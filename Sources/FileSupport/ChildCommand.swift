import Foundation

/// A program that is run without a shell, in a process group of its own that does not outlive the call.
package enum ChildCommand {
    /// How it ended.
    package enum Ending: Equatable, Sendable {
        /// By itself, with a code.
        case exited(Int32)
        /// By a signal that it got from elsewhere.
        case signalled(Int32)
        /// Ended at its time limit.
        case outOfTime
        /// Ended because it wrote more than ``longestOutput``.
        case wroteTooMuch
        /// Ended because the user wants to stop.
        case interrupted
    }

    /// The most bytes that either of its outputs may have.
    package static let longestOutput = 16 << 20

    /// Where a program is: a path as it is, any other name in the folders of `PATH`; nil where no such program can be run.
    package static func find(_ program: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        let paths = program.contains("/") ? [program] : folders.map { $0 + "/" + program }
        return paths.first { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                && access(path, X_OK) == 0
        }
    }

    /// Runs a program to its end; whatever it started in its process group ends with it.
    ///
    /// - Parameters:
    ///   - arguments: the program's path, then its arguments.
    ///   - output: the file that its standard output goes to; made anew.
    ///   - errors: the same of its standard error.
    ///   - isInterrupted: asked many times a second.
    /// - Throws: ``InputError`` when it cannot be started.
    package static func run(
        _ arguments: [String], seconds: Double, output: String, errors: String, isInterrupted: () -> Bool
    ) throws -> Ending {
        let child = try start(arguments, output: output, errors: errors)
        let end = Date(timeIntervalSinceNow: seconds)
        var ending: Ending?
        while ending == nil, !hasEnded(child) {
            if isInterrupted() {
                ending = .interrupted
            } else if Date() >= end {
                ending = .outOfTime
            } else if [output, errors].contains(where: { size($0) > longestOutput }) {
                ending = .wroteTooMuch
            } else {
                usleep(5_000)
            }
        }
        // Before the child is reaped: until then no other group can have its number.
        kill(-child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        if let ending { return ending }
        if [output, errors].contains(where: { size($0) > longestOutput }) { return .wroteTooMuch }
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
    }

    private static func start(_ arguments: [String], output: String, errors: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, path) in [(1, output), (2, errors)] as [(Int32, String)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        }
        // Whoever has our files open holds our folders.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var texts = arguments.map { strdup($0) } + [nil]
        var environment = ProcessInfo.processInfo.environment.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { for text in texts + environment { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, &attributes, &texts, &environment)
        guard code == 0 else {
            throw InputError(
                "could not be started: \(String(cString: strerror(code)))", at: arguments[0],
                remedy: "check that it is a program, or a script with a first line such as #!/bin/sh")
        }
        return child
    }

    /// Whether a child has ended; it stays to be waited for.
    private static func hasEnded(_ child: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
    }

    private static func size(_ path: String) -> Int {
        var found = stat()
        return stat(path, &found) == 0 ? Int(found.st_size) : 0
    }
}
