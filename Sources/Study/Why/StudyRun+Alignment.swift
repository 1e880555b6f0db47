import LanguageModel

extension StudyRun {
    func alignment(after: CausalModel) throws {}
}
