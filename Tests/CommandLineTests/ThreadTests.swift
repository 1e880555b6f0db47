import FileSupport
import Foundation
import Report
import TestSupport
import Testing

extension ProgramTests {
    @Suite("The number of threads") struct ThreadTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        private func report(threads: Int) throws -> JSON {
            let run = place.path + "/run\(threads)"
            var arguments = SmallRun.arguments(run)
            let option = try #require(arguments.firstIndex(of: "--threads"))
            arguments[option + 1] = String(threads)
            let ending = try Program.run(arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            return try SmallRun.comparable(run)
        }

        @Test("the same number gives the same report, another one last bits of it")
        func reports() throws {
            let two = try SmallRun.undisturbed()
            #expect(try report(threads: 2).pretty == two.pretty, "two runs on two threads differ")
            for threads in [1, 3] {
                let other = try report(threads: threads)
                for part in ["scores", "quality", "trajectory", "update_scaling", "verdict"] {
                    let (here, there) = (two[part]?.leaves(part) ?? [], other[part]?.leaves(part) ?? [])
                    #expect(!here.isEmpty && here.map(\.path) == there.map(\.path))
                    let places = here.indices.filter { here[$0].value.number != nil }
                    let near = compare(
                        places.map { there[$0].value.number ?? .nan }, places.map { here[$0].value.number ?? .nan },
                        absolute: 2e-6, relative: 1e-3, name: "\(part) on \(threads) threads")
                    #expect(near.isClose, "\(near), \(near.index.map { here[places[$0]].path } ?? "")")
                    for index in here.indices where here[index].value.number == nil {
                        #expect(here[index].value == there[index].value, "\(here[index].path)")
                    }
                }
            }
        }

        @Test("a run goes on with those that it began with")
        func resumed() throws {
            let run = place.path + "/run"
            let program = try Program(SmallRun.arguments(run))
            #expect(program.waits(for: "unlearn-started", in: run))
            program.send(SIGKILL)
            _ = try program.ending()
            var arguments = SmallRun.arguments(run) + ["--resume"]
            let option = try #require(arguments.firstIndex(of: "--threads"))
            arguments.removeSubrange(option...option + 1)
            let ending = try Program.run(arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            try SmallRun.expectUndisturbed(run)
            let resumed = try Input.text(run + "/audit.jsonl").split(separator: "\n").first {
                $0.contains("run-resumed")
            }
            #expect(resumed?.contains("\"threads\":2") == true)
        }
    }
}

extension JSON {
    fileprivate var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
