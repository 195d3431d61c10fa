/* pascal.y: the grammar of Pascal.
 *
 * Builds the tree of ast.def and decides nothing: whether a name is a type, a variable or a function is for
 * the analyser.  Where the language reads one way only (constants before '..', labels before ':') the grammar
 * is shaped so that one token of look-ahead suffices. */
%require "3.7"
%define api.pure full
%define api.prefix {pascal_yy}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%parse-param { Parser *p }
%lex-param { void *scanner }
%expect 0

%code requires {
#include "compiler/ast.h"
}
%code provides {
const char *pascal_token_name(int token);
int pascal_yylex(PASCAL_YYSTYPE *v, Span *at, void *scanner);
}
%code {
#define YYMAXDEPTH 20000
/* From the first token to the last; an optional part that is not there in front does not count. */
#define YYLLOC_DEFAULT(Cur, Rhs, N) ((Cur).pos = !(N) ? YYRHSLOC(Rhs, 0).end \
	: YYRHSLOC(Rhs, (N) > 1 && YYRHSLOC(Rhs, 1).pos == YYRHSLOC(Rhs, 1).end ? 2 : 1).pos, \
	(Cur).end = YYRHSLOC(Rhs, N).end)

#define scanner p->scanner /* what the scanner is called with */

static Node *nd(Parser *p, NodeKind op, Span at, Node *a, Node *b);
static Node *nd_list(Parser *p, NodeKind op, Span at, Node *a, List l);
static Node *nd_name(Parser *p, NodeKind op, Span at, Name *name, Node *a, Node *b);
static Node *list_nd(Parser *p, NodeKind op, Span at, List l, Node *b);
static Node *binary(Parser *p, NodeKind op, Span at, Node *a, Node *b);
static void grow_depth(Parser *p, Node *n, u32 below);
static Node *set_c(Parser *p, Node *n, Node *c);
static List add(List l, Node *n);
static List cat(List l, List m);
static Node *heading(Parser *p, Node *name, List params, Node *result, u32 flags);
static void dir_flags(Parser *p, Node *proc, List dirs);
static Node *generic(Parser *p, Span at, List params, Node *of);
static void pascal_yyerror(const Span *at, Parser *p, const char *msg);
#define ONE(n) add((List){ 0 }, n)
#define CHECK_DEPTH if (p->deep) YYABORT
}

%union {
	Node *node;
	List list;
	Name *name;
	i64 num;
	double real;
	struct { const char *s; u32 n; } str;
	int op;
}

%token START_PROGRAM START_LIB START_UNIT UNIT INTERFACE IMPLEMENTATION INITIALIZATION FINALIZATION
%token AND ARRAY BEGIN_ CASE CONST DIV DO DOWNTO ELSE END FILE_ FOR FUNCTION GOTO IF IN LABEL MOD NIL NOT OF OR
%token OTHERWISE PACKED PROCEDURE PROGRAM RECORD REPEAT SET SHL SHR THEN TO TYPE UNTIL USES VAR WHILE WITH XOR
%token CLASS CLASS_AHEAD CLASS_SHORT OBJECT CONSTRUCTOR DESTRUCTOR INHERITED PROPERTY TRY EXCEPT FINALLY RAISE ON IS AS OUT GENERIC SPECIALIZE
%token OF_OBJECT FORWARD EXTERNAL DEFAULT ABSOLUTE
%token ASSIGN DOTDOT NE LE GE
%token <name> ID GID DIRECTIVE TYPE_ID
%token <num> NUMBER
%token <real> REALNUM
%token <str> STRING

%type <node> path unit unit_init unit_final program block decl_proc heading const_def type_def var_def type simple_type range_lo range_term range_factor
%type <node> index_type record_body_node field_decl variant_part variant param ident label_node init field_init
%type <node> enum_value prop_type proc_name paren class_type property prop_word method handler type_name external
%type <list> enum_values words dirs prop_words prop_index type_list generic_params handlers parent
%type <node> agg stmt compound structured open_call arm designator expr simple signed_term term factor ufactor literal arg element result_opt
%type <list> face_decls face_decl decls decl idents labels const_defs type_defs var_defs params_opt params types record_body fixed variants consts
%type <list> stmts arms arms_opt else_opt args exprs elements elements_opt program_head uses_names inits field_inits records
%type <op> relop addop mulop to_downto packed_opt

%precedence THEN
%precedence ELSE
%%
start:
	START_PROGRAM program            { p->result = $2; YYACCEPT; }
|	START_LIB decls                  { p->result = $2.first; }
|	START_UNIT unit                  { p->result = $2; YYACCEPT; }
;

unit:
	UNIT ID ';' INTERFACE face_decls IMPLEMENTATION decls unit_init unit_final END '.'
	                                 { $$ = nd_name(p, N_UNIT, @2, $2, $5.first, $7.first); $$->c = $8; $$->d = $9; }
|	UNIT ID ';' INTERFACE face_decls IMPLEMENTATION decls compound '.'
	                                 { $$ = nd_name(p, N_UNIT, @2, $2, $5.first, $7.first); $$->c = $8; }
;
unit_init:
	%empty                           { $$ = NULL; }
|	INITIALIZATION stmts             { $$ = list_nd(p, N_BEGIN, @$, $2, NULL); CHECK_DEPTH; }
;
unit_final:
	%empty                           { $$ = NULL; }
|	FINALIZATION stmts               { $$ = list_nd(p, N_BEGIN, @$, $2, NULL); CHECK_DEPTH; }
;
/* Routines have headings only. */
face_decls:
	%empty                           { $$ = (List){ 0 }; }
|	face_decls face_decl             { $$ = cat($1, $2); }
;
face_decl:
	CONST const_defs                 { $$ = $2; }
|	TYPE type_defs                   { $$ = $2; }
|	VAR var_defs                     { $$ = $2; }
|	USES uses_names ';'              { $$ = $2; }
|	heading ';' dirs                 { $$ = ONE($1); $1->flags |= NF_FORWARD | NF_WRITTEN; dir_flags(p, $1, $3); }
|	heading ';' dirs external        { $$ = ONE($1); $1->c = $4; dir_flags(p, $1, $3); }
;
program:
	program_head block '.'           { $$ = $2; $$->op = N_PROGRAM; $$->at = @$; $$->c = $1.first; }
;
program_head:
	%empty                           { $$ = (List){ 0 }; }
|	PROGRAM ID ';'                   { $$ = (List){ 0 }; }
|	PROGRAM ID '(' idents ')' ';'    { $$ = $4; }
|	PROGRAM error ';'                { $$ = (List){ 0 }; }
;
block:
	decls compound                   { $$ = list_nd(p, N_BLOCK, @$, $1, $2); CHECK_DEPTH; }
;

/* ---- declarations ---- */
decls:
	%empty                           { $$ = (List){ 0 }; }
|	decls decl                       { $$ = cat($1, $2); }
;
decl:
	LABEL labels ';'                 { $$ = $2; }
|	CONST const_defs                 { $$ = $2; }
|	TYPE type_defs                   { $$ = $2; }
|	VAR var_defs                     { $$ = $2; }
|	USES uses_names ';'              { $$ = $2; }
|	decl_proc                        { $$ = ONE($1); }
|	LABEL error ';'                  { $$ = (List){ 0 }; }
;
uses_names:
	ID                               { $$ = ONE(nd_name(p, N_USES, @1, $1, NULL, NULL)); }
|	ID IN path                       { $$ = ONE(nd_name(p, N_USES, @1, $1, $3, NULL)); }
|	uses_names ',' ID IN path        { $$ = add($1, nd_name(p, N_USES, @3, $3, $5, NULL)); }
|	uses_names ',' ID                { $$ = add($1, nd_name(p, N_USES, @3, $3, NULL, NULL)); }
;
path:
	STRING                           { $$ = nd(p, N_STR, @$, NULL, NULL); $$->s = $1.s; $$->n = $1.n; }
;
labels:
	label_node                       { $$ = ONE($1); }
|	labels ',' label_node            { $$ = add($1, $3); }
;
label_node:
	NUMBER                           { $$ = nd(p, N_LABELDEF, @$, NULL, NULL); $$->i = $1; }
|	ID                               { $$ = nd_name(p, N_LABELDEF, @$, $1, NULL, NULL); $$->op = N_LABELDEF; $$->sw |= 128; }
;
const_defs:
	const_def                        { $$ = ONE($1); }
|	const_defs const_def             { $$ = add($1, $2); }
;
const_def:
	ID '=' expr ';'                  { $$ = nd_name(p, N_CONSTDEF, @1, $1, $3, NULL); CHECK_DEPTH; }
|	ID ':' type '=' init ';'         { $$ = nd_name(p, N_CONSTDEF, @1, $1, $5, $3); CHECK_DEPTH; }
|	error ';'                        { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
;
init:
	expr
|	agg
;
agg:
	'(' inits ')'                    { $$ = list_nd(p, N_AGG, @$, $2, NULL); CHECK_DEPTH; }
|	'(' agg ')'                      { $$ = list_nd(p, N_AGG, @$, ONE($2), NULL); CHECK_DEPTH; }
|	'(' field_inits ')'              { $$ = list_nd(p, N_AGG, @$, $2, NULL); CHECK_DEPTH; }
|	'(' field_inits ';' ')'          { $$ = list_nd(p, N_AGG, @$, $2, NULL); CHECK_DEPTH; }
;
inits:
	init ',' init                    { $$ = add(ONE($1), $3); }
|	inits ',' init                   { $$ = add($1, $3); }
;
field_inits:
	field_init                       { $$ = ONE($1); }
|	field_inits ';' field_init       { $$ = add($1, $3); }
;
field_init:
	ID ':' init                      { $$ = nd_name(p, N_FIELDINIT, @1, $1, $3, NULL); }
;
generic_params:
	idents
|	idents ':' type                  { $$ = $1; } /* what a parameter must be is found out where it is used */
|	idents ':' CLASS                 { $$ = $1; }
|	generic_params ';' idents        { $$ = cat($1, $3); }
|	generic_params ';' idents ':' type { $$ = cat($1, $3); }
;
type_defs:
	type_def                         { $$ = ONE($1); }
|	type_defs type_def               { $$ = add($1, $2); }
;
type_def:
	ID '=' type ';' dirs             { $$ = nd_name(p, N_TYPEDEF, @1, $1, $3, NULL); CHECK_DEPTH; }
|	ID '=' TYPE type ';'             { $$ = nd_name(p, N_TYPEDEF, @1, $1, $4, NULL); CHECK_DEPTH; }
|	ID '<' generic_params '>' '=' type ';' { $$ = generic(p, @1, $3, nd_name(p, N_TYPEDEF, @1, $1, $6, NULL)); CHECK_DEPTH; }
|	GENERIC ID '<' generic_params '>' '=' type ';' { $$ = generic(p, @2, $4, nd_name(p, N_TYPEDEF, @2, $2, $7, NULL)); CHECK_DEPTH; }
|	error ';'                        { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
;
var_defs:
	var_def                          { $$ = ONE($1); }
|	var_defs var_def                 { $$ = add($1, $2); }
;
var_def:
	idents ':' type ';'              { $$ = list_nd(p, N_VARDEF, @$, $1, $3); CHECK_DEPTH; }
|	idents ':' type ';' DIRECTIVE ';' { $$ = list_nd(p, N_VARDEF, @$, $1, $3); CHECK_DEPTH; }
|	idents ':' type '=' init ';'     { $$ = set_c(p, list_nd(p, N_VARDEF, @$, $1, $3), $5); CHECK_DEPTH; }
|	idents ':' type ABSOLUTE designator ';' { $$ = set_c(p, list_nd(p, N_VARDEF, @$, $1, $3), $5); $$->flags = NF_STATIC; CHECK_DEPTH; }
|	error ';'                        { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
;
idents:
	ident                            { $$ = ONE($1); }
|	idents ',' ident                 { $$ = add($1, $3); }
;
ident:
	ID                               { $$ = nd_name(p, N_ID, @$, $1, NULL, NULL); }
;

decl_proc:
	method ';' dirs block ';'        { $$ = set_c(p, $1, $4); dir_flags(p, $1, $3); CHECK_DEPTH; }
|	method ';' dirs FORWARD ';' dirs { $$ = $1; $1->flags |= NF_FORWARD | NF_WRITTEN; dir_flags(p, $1, cat($3, $6)); }
|	method ';' dirs external         { $$ = $1; $1->c = $4; dir_flags(p, $1, $3); }
|	method error ';' block ';'       { $$ = set_c(p, $1, $4); CHECK_DEPTH; }
|	method ';' dirs block error ';'  { $$ = set_c(p, $1, $4); CHECK_DEPTH; }
;
external:
	EXTERNAL ';' dirs                { $$ = nd(p, N_EXTERNAL, @$, NULL, NULL); }
|	EXTERNAL words ';' dirs          { $$ = list_nd(p, N_EXTERNAL, @$, $2, NULL); }
;
dirs:
	%empty                           { $$ = (List){ 0 }; }
|	dirs DIRECTIVE ';'               { $$ = add($1, nd_name(p, N_DIRECTIVE, @2, $2, NULL, NULL)); }
|	dirs DIRECTIVE prop_word ';'     { $$ = add($1, nd_name(p, N_DIRECTIVE, @2, $2, NULL, NULL)); }
;
method:
	heading
|	CLASS heading                    { $$ = $2; $$->flags |= NF_CLASS; }
;
heading:
	PROCEDURE proc_name params_opt   { $$ = heading(p, $2, $3, NULL, 0); }
|	FUNCTION proc_name params_opt result_opt { $$ = heading(p, $2, $3, $4, 0); $$->sw |= 128; }
|	CONSTRUCTOR proc_name params_opt { $$ = heading(p, $2, $3, NULL, NF_CTOR); }
|	DESTRUCTOR proc_name params_opt  { $$ = heading(p, $2, $3, NULL, NF_DTOR); }
;
proc_name:
	ID                               { $$ = nd_name(p, N_PROC, @$, $1, NULL, NULL); }
|	GID '<' generic_params '>'       { $$ = nd_name(p, N_PROC, @1, $1, NULL, NULL); $$->d = generic(p, @1, $3, NULL); }
|	ID '.' ID                        { $$ = nd_name(p, N_PROC, @3, $3, NULL, NULL); $$->d = nd_name(p, N_TNAME, @1, $1, NULL, NULL); }
|	GID '<' generic_params '>' '.' ID { $$ = nd_name(p, N_PROC, @6, $6, NULL, NULL); $$->d = nd_name(p, N_TNAME, @1, $1, NULL, NULL); }
;
result_opt:
	%empty                           { $$ = NULL; }
|	':' type                         { $$ = $2; }
;
params_opt:
	%empty                           { $$ = (List){ 0 }; }
|	'(' ')'                          { $$ = (List){ 0 }; }
|	'(' params ')'                   { $$ = $2; }
;
params:
	param                            { $$ = ONE($1); }
|	params ';' param                 { $$ = add($1, $3); }
;
param:
	idents ':' type                  { $$ = list_nd(p, N_PARAM, @$, $1, $3); $$->i = 0; }
|	VAR idents ':' type              { $$ = list_nd(p, N_PARAM, @$, $2, $4); $$->i = 1; }
|	CONST idents ':' type            { $$ = list_nd(p, N_PARAM, @$, $2, $4); $$->i = 2; }
|	idents ':' type '=' expr         { $$ = set_c(p, list_nd(p, N_PARAM, @$, $1, $3), $5); $$->i = 0; }
|	CONST idents ':' type '=' expr   { $$ = set_c(p, list_nd(p, N_PARAM, @$, $2, $4), $6); $$->i = 2; }
|	OUT idents ':' type              { $$ = list_nd(p, N_PARAM, @$, $2, $4); $$->i = 5; }
|	OUT idents                       { $$ = list_nd(p, N_PARAM, @$, $2, NULL); $$->i = 5; }
|	VAR idents                       { $$ = list_nd(p, N_PARAM, @$, $2, NULL); $$->i = 1; }
|	CONST idents                     { $$ = list_nd(p, N_PARAM, @$, $2, NULL); $$->i = 2; }
|	heading                          { $$ = nd(p, N_PARAM, @$, $1, NULL); $$->i = 3; }
|	error                            { $$ = nd(p, N_PARAM, @$, NULL, NULL); $$->i = 4; }
;

/* ---- types ---- */
type:
	simple_type
|	packed_opt ARRAY '[' types ']' OF type { $$ = list_nd(p, N_TARRAY, @$, $4, $7); $$->i = $1; CHECK_DEPTH; }
|	packed_opt RECORD record_body_node END { $$ = $3; $$->at = @$; $$->i = $1; }
|	packed_opt SET OF type           { $$ = nd(p, N_TSET, @$, $4, NULL); CHECK_DEPTH; }
|	packed_opt FILE_ OF type         { $$ = nd(p, N_TFILE, @$, $4, NULL); CHECK_DEPTH; }
|	packed_opt FILE_                 { $$ = nd(p, N_TFILE, @$, NULL, NULL); }
|	arrow ID                         { $$ = nd_name(p, N_TPTR, @$, $2, NULL, NULL); }
|	packed_opt ARRAY OF type         { $$ = nd(p, N_TARRAY, @$, NULL, $4); $$->i = $1; CHECK_DEPTH; }
|	packed_opt ARRAY OF CONST        { $$ = nd(p, N_TARRAY, @$, NULL, nd_name(p, N_TNAME, @4, ast_name(p->c, "tvarrec", 7), NULL, NULL)); }
|	PROCEDURE params_opt calling     { $$ = list_nd(p, N_TPROC, @$, $2, NULL); }
|	FUNCTION params_opt ':' prop_type calling { $$ = list_nd(p, N_TPROC, @$, $2, $4); $$->i = 1; }
|	PROCEDURE params_opt OF_OBJECT  { $$ = list_nd(p, N_TPROC, @$, $2, NULL); $$->flags = NF_OF_OBJECT; }
|	FUNCTION params_opt ':' prop_type OF_OBJECT { $$ = list_nd(p, N_TPROC, @$, $2, $4); $$->i = 1; $$->flags = NF_OF_OBJECT; }
|	class_type
;
calling:
	%empty | DIRECTIVE
;
class_type:
	CLASS_AHEAD                      { $$ = nd(p, N_TCLASS, @$, NULL, NULL); $$->flags = NF_FORWARD; }
|	CLASS OF ID                      { $$ = nd_name(p, N_TCLASSOF, @$, $3, NULL, NULL); }
|	CLASS_SHORT '(' type_list ')'    { $$ = list_nd(p, N_TCLASS, @$, $3, NULL); }
|	CLASS parent record_body END     { $$ = nd_list(p, N_TCLASS, @$, $2.first, $3); CHECK_DEPTH; }
|	OBJECT parent record_body END    { $$ = nd_list(p, N_TCLASS, @$, $2.first, $3); $$->flags = NF_OBJECT; CHECK_DEPTH; }
;
parent:
	%empty                           { $$ = (List){ 0 }; }
|	'(' type_list ')'                { $$ = $2; }
;
type_list:
	type                             { $$ = ONE($1); }
|	type_list ',' type               { $$ = add($1, $3); }
;
arrow:
	'^' | '@' /* ISO 7185 knows both */
;
packed_opt:
	%empty                           { $$ = 0; }
|	PACKED                           { $$ = 1; }
;
types:
	index_type                       { $$ = ONE($1); }
|	types ',' index_type             { $$ = add($1, $3); }
|	types ';' index_type             { $$ = add($1, $3); } /* between the bounds of conformant arrays */
;
index_type:
	type
|	type ':' ID                      { $$ = nd_name(p, N_TCONF, @$, $3, $1, NULL); }
;
simple_type:
	ID                               { $$ = nd_name(p, N_TNAME, @$, $1, NULL, NULL); }
|	ID '.' ID                        { $$ = nd_name(p, N_TNAME, @$, ast_name(p->c, arena_printf(p->c->a, "%s.%s", $1->s, $3->s), $1->len + $3->len + 1), NULL, NULL); }
|	ID '<' type_list '>'             { $$ = nd_name(p, N_TSPECIAL, @$, $1, NULL, NULL); $$->a = $3.first; CHECK_DEPTH; }
|	GID '<' type_list '>'            { $$ = nd_name(p, N_TSPECIAL, @$, $1, NULL, NULL); $$->a = $3.first; CHECK_DEPTH; }
|	SPECIALIZE ID '<' type_list '>'  { $$ = nd_name(p, N_TSPECIAL, @$, $2, NULL, NULL); $$->a = $4.first; CHECK_DEPTH; }
|	SPECIALIZE GID '<' type_list '>' { $$ = nd_name(p, N_TSPECIAL, @$, $2, NULL, NULL); $$->a = $4.first; CHECK_DEPTH; }
|	ID '[' expr ']'                  { $$ = nd_name(p, N_TSTRING, @$, $1, $3, NULL); }
|	range_lo DOTDOT simple           { $$ = nd(p, N_TRANGE, @$, $1, $3); CHECK_DEPTH; }
|	'(' enum_values ')'              { $$ = list_nd(p, N_TENUM, @$, $2, NULL); }
;
enum_values:
	enum_value                       { $$ = ONE($1); }
|	enum_values ',' enum_value       { $$ = add($1, $3); }
;
enum_value:
	ident
|	ident '=' expr                   { $$ = $1; $$->a = $3; }
|	ident ASSIGN expr                { $$ = $1; $$->a = $3; }
;
/* The lower bound: an expression that does not begin with a parenthesis (that would be an enumeration). */
range_lo:
	range_term
|	'-' range_term                   { $$ = nd(p, N_NEG, @$, $2, NULL); }
|	'+' range_term                   { $$ = nd(p, N_POS, @$, $2, NULL); }
|	range_lo addop term              { $$ = binary(p, $2, @$, $1, $3); CHECK_DEPTH; }
;
range_term:
	range_factor
|	range_term mulop ufactor         { $$ = binary(p, $2, @$, $1, $3); CHECK_DEPTH; }
;
range_factor:
	literal
|	ID                               { $$ = nd_name(p, N_ID, @$, $1, NULL, NULL); }
|	ID '(' args ')'                  { $$ = nd_list(p, N_CALL, @$, nd_name(p, N_ID, @1, $1, NULL, NULL), $3); CHECK_DEPTH; }
;
record_body_node:
	record_body                      { $$ = list_nd(p, N_TRECORD, @$, $1, NULL); CHECK_DEPTH; }
;
record_body:
	%empty                           { $$ = (List){ 0 }; }
|	fixed
|	fixed ';'
|	fixed ';' variant_part           { $$ = add($1, $3); }
|	variant_part                     { $$ = ONE($1); }
;
fixed:
	field_decl                       { $$ = ONE($1); }
|	fixed ';' field_decl             { $$ = add($1, $3); }
;
/* Fields, and what classes have besides.  A directive belongs to the routine before it. */
field_decl:
	idents ':' type                  { $$ = list_nd(p, N_FIELDS, @$, $1, $3); CHECK_DEPTH; }
|	VAR idents ':' type              { $$ = list_nd(p, N_FIELDS, @$, $2, $4); CHECK_DEPTH; }
|	CLASS VAR idents ':' type        { $$ = list_nd(p, N_FIELDS, @$, $3, $5); $$->flags = NF_STATIC; CHECK_DEPTH; }
|	CONST ID '=' expr                { $$ = nd_name(p, N_CONSTDEF, @2, $2, $4, NULL); CHECK_DEPTH; }
|	ID '=' expr                      { $$ = nd_name(p, N_CONSTDEF, @1, $1, $3, NULL); CHECK_DEPTH; }
|	TYPE_ID '=' type                 { $$ = nd_name(p, N_TYPEDEF, @1, $1, $3, NULL); CHECK_DEPTH; }
|	TYPE ID '=' type                 { $$ = nd_name(p, N_TYPEDEF, @2, $2, $4, NULL); CHECK_DEPTH; }
|	method
|	property
|	CLASS property                   { $$ = $2; $$->flags = NF_CLASS; }
|	DIRECTIVE                        { $$ = nd_name(p, N_DIRECTIVE, @$, $1, NULL, NULL); }
|	DIRECTIVE prop_word              { $$ = nd_name(p, N_DIRECTIVE, @$, $1, NULL, NULL); }
|	DEFAULT                          { $$ = nd_name(p, N_DIRECTIVE, @$, ast_name(p->c, "default", 7), NULL, NULL); }
|	error                            { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
;
property:
	PROPERTY ID prop_index ':' prop_type { $$ = nd_name(p, N_PROPERTY, @2, $2, $3.first, $5); }
|	PROPERTY ID prop_index ':' prop_type prop_words { $$ = nd_name(p, N_PROPERTY, @2, $2, $3.first, $5); $$->c = $6.first; }
|	PROPERTY ID                      { $$ = nd_name(p, N_PROPERTY, @2, $2, NULL, NULL); }
|	PROPERTY ID prop_words           { $$ = nd_name(p, N_PROPERTY, @2, $2, NULL, NULL); $$->c = $3.first; }
;
prop_type:
	type_name
|	ID '<' type_list '>'             { $$ = nd_name(p, N_TSPECIAL, @$, $1, NULL, NULL); $$->a = $3.first; }
|	SPECIALIZE ID '<' type_list '>'  { $$ = nd_name(p, N_TSPECIAL, @$, $2, NULL, NULL); $$->a = $4.first; }
;
prop_index:
	%empty                           { $$ = (List){ 0 }; }
|	'[' params ']'                   { $$ = $2; }
;
words:
	prop_word                        { $$ = ONE($1); }
|	words prop_word                  { $$ = add($1, $2); }
;
prop_words:
	ID                               { $$ = ONE(nd_name(p, N_ID, @$, $1, NULL, NULL)); }
|	prop_words prop_word             { $$ = add($1, $2); }
;
prop_word:
	ID                               { $$ = nd_name(p, N_ID, @$, $1, NULL, NULL); }
|	'.' ID                           { $$ = nd_name(p, N_FIELD, @$, $2, NULL, NULL); }
|	literal
|	'-' literal                      { $$ = nd(p, N_NEG, @$, $2, NULL); }
;
variant_part:
	CASE ID ':' ID OF variants       { Node *t = nd_name(p, N_TNAME, @4, $4, NULL, NULL);
	                                   $$ = nd_list(p, N_VARIANTS, @$, t, $6); $$->name = $2; CHECK_DEPTH; }
|	CASE ID OF variants              { Node *t = nd_name(p, N_TNAME, @2, $2, NULL, NULL);
	                                   $$ = nd_list(p, N_VARIANTS, @$, t, $4); CHECK_DEPTH; }
;
variants:
	variant                          { $$ = ONE($1); }
|	variants ';' variant             { $$ = add($1, $3); }
|	variants ';'
;
variant:
	consts ':' '(' record_body_node ')' { $$ = list_nd(p, N_VARIANT, @$, $1, $4); CHECK_DEPTH; }
;
consts:
	element                          { $$ = ONE($1); }
|	consts ',' element               { $$ = add($1, $3); }
;

/* ---- statements ---- */
compound:
	BEGIN_ stmts END                 { $$ = list_nd(p, N_BEGIN, @$, $2, NULL); CHECK_DEPTH; }
;
stmts:
	stmt                             { $$ = ONE($1); }
|	stmts ';' stmt                   { $$ = add($1, $3); }
;
stmt:
	open_call
|	NUMBER ':' stmt                  { $$ = nd(p, N_LABELLED, @1, $3, NULL); $$->i = $1; CHECK_DEPTH; }
|	ID ':' stmt                      { $$ = nd_name(p, N_LABELLED, @1, $1, $3, NULL); $$->sw |= 128; CHECK_DEPTH; }
|	structured
|	error                            { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
|	error structured                 { $$ = $2; }
;
open_call:
	%empty                           { $$ = nd(p, N_EMPTY, @$, NULL, NULL); }
|	designator ASSIGN expr           { $$ = nd(p, N_ASSIGN, @$, $1, $3); CHECK_DEPTH; }
|	designator                       { $$ = nd(p, N_CALLST, @$, $1, NULL); }
|	RAISE                            { $$ = nd(p, N_RAISE, @$, NULL, NULL); }
|	RAISE expr                       { $$ = nd(p, N_RAISE, @$, $2, NULL); CHECK_DEPTH; }
|	GOTO NUMBER                      { $$ = nd(p, N_GOTO, @$, NULL, NULL); $$->i = $2; }
|	GOTO ID                          { $$ = nd_name(p, N_GOTO, @$, $2, NULL, NULL); $$->sw |= 128; }
;
structured:
	compound
|	IF expr THEN stmt %prec THEN     { $$ = nd(p, N_IF, @$, $2, $4); CHECK_DEPTH; }
|	IF expr THEN stmt ELSE stmt      { $$ = set_c(p, nd(p, N_IF, @$, $2, $4), $6); CHECK_DEPTH; }
|	CASE expr OF arms_opt else_opt END { $$ = nd_list(p, N_CASE, @$, $2, $4); $$->c = $5.first ? $5.first->a : NULL; $$->i = $5.first != NULL;
	                                   grow_depth(p, $$, $5.depth); CHECK_DEPTH; }
|	WHILE expr DO stmt               { $$ = nd(p, N_WHILE, @$, $2, $4); CHECK_DEPTH; }
|	REPEAT stmts UNTIL expr          { $$ = list_nd(p, N_REPEAT, @$, $2, $4); CHECK_DEPTH; }
|	FOR ident ASSIGN expr to_downto expr DO stmt
	                                 { $$ = set_c(p, nd(p, N_FOR, @$, $2, $4), $6); $$->i = $5; $$->d = $8;
	                                   grow_depth(p, $$, $8->depth); CHECK_DEPTH; }
|	FOR ident IN expr DO stmt        { $$ = set_c(p, nd(p, N_FORIN, @$, $2, $4), $6); CHECK_DEPTH; }
|	TRY stmts FINALLY stmts END      { $$ = list_nd(p, N_TRY, @$, $2, NULL); $$->c = list_nd(p, N_BEGIN, @4, $4, NULL);
	                                   grow_depth(p, $$, $4.depth + 1u); CHECK_DEPTH; }
|	TRY stmts EXCEPT stmts END       { $$ = list_nd(p, N_TRY, @$, $2, NULL); $$->c = list_nd(p, N_BEGIN, @4, $4, NULL); $$->i = 2;
	                                   grow_depth(p, $$, $4.depth + 1u); CHECK_DEPTH; }
|	TRY stmts EXCEPT handlers else_opt END
	                                 { $$ = list_nd(p, N_TRY, @$, $2, NULL); $$->b = $4.first; $$->c = $5.first; $$->i = $5.first ? 2 : 1;
	                                   grow_depth(p, $$, MAX($4.depth, $5.depth) + 1u); CHECK_DEPTH; }
|	WITH records DO stmt             { $$ = list_nd(p, N_WITH, @$, $2, $4); CHECK_DEPTH; }
;
handlers:
	handler                          { $$ = ONE($1); }
|	handlers ';' handler             { $$ = add($1, $3); }
|	handlers ';'
;
handler:
	ON ID ':' type_name DO stmt      { $$ = nd_name(p, N_ON, @$, $2, $4, $6); CHECK_DEPTH; }
|	ON type_name DO stmt             { $$ = nd_name(p, N_ON, @$, NULL, $2, $4); CHECK_DEPTH; }
;
type_name:
	ID                               { $$ = nd_name(p, N_TNAME, @$, $1, NULL, NULL); }
|	ID '.' ID                        { $$ = nd_name(p, N_TNAME, @$, ast_name(p->c, arena_printf(p->c->a, "%s.%s", $1->s, $3->s), $1->len + $3->len + 1), NULL, NULL); }
;
to_downto:
	TO                               { $$ = 0; }
|	DOWNTO                           { $$ = 1; }
;
records:
	expr                             { $$ = ONE($1); }
|	records ',' expr                 { $$ = add($1, $3); }
;
arms_opt:
	%empty                           { $$ = (List){ 0 }; }
|	arms
|	arms ';'
;
arms:
	arm                              { $$ = ONE($1); }
|	arms ';' arm                     { $$ = add($1, $3); }
;
arm:
	consts ':' stmt                  { $$ = list_nd(p, N_ARM, @$, $1, $3); CHECK_DEPTH; }
;
else_opt:
	%empty                           { $$ = (List){ 0 }; }
|	ELSE stmts                       { $$ = ONE(list_nd(p, N_BEGIN, @$, $2, NULL)); }
|	OTHERWISE stmts                  { $$ = ONE(list_nd(p, N_BEGIN, @$, $2, NULL)); }
;

/* ---- expressions ---- */
designator:
	ID                               { $$ = nd_name(p, N_ID, @$, $1, NULL, NULL); }
|	GID '<' type_list '>'            { $$ = nd_name(p, N_TSPECIAL, @$, $1, NULL, NULL); $$->a = $3.first; CHECK_DEPTH; }
|	SPECIALIZE ID '<' type_list '>'  { $$ = nd_name(p, N_TSPECIAL, @$, $2, NULL, NULL); $$->a = $4.first; CHECK_DEPTH; }
|	SPECIALIZE GID '<' type_list '>' { $$ = nd_name(p, N_TSPECIAL, @$, $2, NULL, NULL); $$->a = $4.first; CHECK_DEPTH; }
|	INHERITED                        { $$ = nd_name(p, N_INHERITED, @$, NULL, NULL, NULL); }
|	INHERITED ID                     { $$ = nd_name(p, N_INHERITED, @$, $2, NULL, NULL); }
|	paren '[' exprs ']'              { $$ = nd_list(p, N_INDEX, @$, $1, $3); CHECK_DEPTH; }
|	paren '.' ID                     { $$ = nd_name(p, N_FIELD, @$, $3, $1, NULL); CHECK_DEPTH; }
|	paren arrow                      { $$ = nd(p, N_DEREF, @$, $1, NULL); CHECK_DEPTH; }
|	designator '[' exprs ']'         { $$ = nd_list(p, N_INDEX, @$, $1, $3); CHECK_DEPTH; }
|	designator '.' ID                { $$ = nd_name(p, N_FIELD, @$, $3, $1, NULL); CHECK_DEPTH; }
|	designator arrow                 { $$ = nd(p, N_DEREF, @$, $1, NULL); CHECK_DEPTH; }
|	designator '(' ')'               { $$ = nd(p, N_CALL, @$, $1, NULL); CHECK_DEPTH; }
|	designator '(' args ')'          { $$ = nd_list(p, N_CALL, @$, $1, $3); CHECK_DEPTH; }
;
args:
	arg                              { $$ = ONE($1); }
|	args ',' arg                     { $$ = add($1, $3); }
;
arg:
	expr
|	expr ':' expr                    { $$ = nd(p, N_FMT, @$, $1, $3); CHECK_DEPTH; }
|	expr ':' expr ':' expr           { $$ = set_c(p, nd(p, N_FMT, @$, $1, $3), $5); CHECK_DEPTH; }
;
exprs:
	expr                             { $$ = ONE($1); }
|	exprs ',' expr                   { $$ = add($1, $3); }
;
expr:
	simple
|	simple relop simple              { $$ = nd(p, $2, @$, $1, $3); CHECK_DEPTH; }
;
relop:
	'='  { $$ = N_EQ; } | NE { $$ = N_NE; } | '<' { $$ = N_LT; } | '>' { $$ = N_GT; }
|	LE   { $$ = N_LE; } | GE { $$ = N_GE; } | IN  { $$ = N_IN; } | IS { $$ = N_IS; }
;
simple:
	signed_term
|	simple addop signed_term         { $$ = binary(p, $2, @$, $1, $3); CHECK_DEPTH; }
;
signed_term:
	term
|	'-' signed_term                  { $$ = nd(p, N_NEG, @$, $2, NULL); CHECK_DEPTH; }
|	'+' signed_term                  { $$ = nd(p, N_POS, @$, $2, NULL); CHECK_DEPTH; }
;
addop:
	'+' { $$ = N_ADD; } | '-' { $$ = N_SUB; } | OR { $$ = N_OR; } | XOR { $$ = N_XOR; }
;
term:
	factor
|	term mulop ufactor               { $$ = binary(p, $2, @$, $1, $3); CHECK_DEPTH; }
;
mulop:
	'*' { $$ = N_MUL; } | '/' { $$ = N_RDIV; } | DIV { $$ = N_DIV; } | MOD { $$ = N_MOD; }
|	AS  { $$ = N_AS; } | AND { $$ = N_AND; } | SHL { $$ = N_SHL; } | SHR { $$ = N_SHR; }
;
ufactor:
	factor
|	'-' ufactor                      { $$ = nd(p, N_NEG, @$, $2, NULL); CHECK_DEPTH; }
|	'+' ufactor                      { $$ = nd(p, N_POS, @$, $2, NULL); CHECK_DEPTH; }
;
factor:
	designator
|	literal
|	paren
|	NOT factor                       { $$ = nd(p, N_NOT, @$, $2, NULL); CHECK_DEPTH; }
|	'@' designator                   { $$ = nd(p, N_ADDR, @$, $2, NULL); CHECK_DEPTH; }
|	'[' elements_opt ']'             { $$ = list_nd(p, N_SET, @$, $2, NULL); CHECK_DEPTH; }
;
paren:
	'(' expr ')'                     { $$ = $2; $$->at = @$; }
;
literal:
	NUMBER                           { $$ = nd(p, N_INT, @$, NULL, NULL); $$->i = $1; }
|	REALNUM                          { $$ = nd(p, N_REAL, @$, NULL, NULL); $$->r = $1; }
|	STRING                           { $$ = nd(p, N_STR, @$, NULL, NULL); $$->s = $1.s; $$->n = $1.n; }
|	NIL                              { $$ = nd(p, N_NIL, @$, NULL, NULL); }
;
elements_opt:
	%empty                           { $$ = (List){ 0 }; }
|	elements
;
elements:
	element                          { $$ = ONE($1); }
|	elements ',' element             { $$ = add($1, $3); }
;
element:
	expr
|	expr DOTDOT expr                 { $$ = nd(p, N_RANGE, @$, $1, $3); CHECK_DEPTH; }
;
%%

/* ---- building nodes ---- */

/* Operators that a chain may mix: analyser and generator walk down its left side in a loop. */
static int chain_class(const Node *n)
{
	switch (n->op) {
	case N_ADD: case N_SUB: case N_MUL: case N_RDIV: case N_DIV: case N_MOD: case N_SHL: case N_SHR: return 1;
	case N_AND: case N_OR: case N_XOR: return n->op;
	}
	return 0;
}

/* An operator over a and b.  a + b + c + ... leans to the left and may be long; it is not deep. */
static Node *binary(Parser *p, NodeKind op, Span at, Node *a, Node *b)
{
	Node *n = nd(p, op, at, NULL, b);
	bool chain = chain_class(a) && chain_class(n) == chain_class(a);
	n->a = a;
	grow_depth(p, n, chain ? a->depth - 1u : a->depth);
	return n;
}

static void grow_depth(Parser *p, Node *n, u32 below)
{
	if (below + 1 > n->depth)
		n->depth = (u16)(below + 1);
	if (n->depth <= AST_DEEPEST || p->deep)
		return;
	p->deep = true;
	diag_error(p->c, (Span){ n->at.pos, n->at.pos + 1 }, "this is nested too deeply (more than %d levels)", AST_DEEPEST);
}

static Node *nd(Parser *p, NodeKind op, Span at, Node *a, Node *b)
{
	Node *n = arena_alloc(p->c->a, sizeof *n);
	n->op = (u8)op;
	n->sw = p->sw;
	n->at = at;
	n->a = a;
	n->b = b;
	if (a || b)
		grow_depth(p, n, MAX(a ? a->depth : 0, b ? b->depth : 0));
	return n;
}

/* A node with one child a and a list b. */
static Node *nd_list(Parser *p, NodeKind op, Span at, Node *a, List l)
{
	Node *n = nd(p, op, at, a, NULL);
	n->b = l.first;
	grow_depth(p, n, l.depth);
	return n;
}

static Node *nd_name(Parser *p, NodeKind op, Span at, Name *name, Node *a, Node *b)
{
	Node *n = nd(p, op, at, a, b);
	n->name = name;
	return n;
}

/* The other way round: a list a and one child b. */
static Node *list_nd(Parser *p, NodeKind op, Span at, List l, Node *b)
{
	Node *n = nd(p, op, at, NULL, b);
	n->a = l.first;
	grow_depth(p, n, l.depth);
	return n;
}

static Node *set_c(Parser *p, Node *n, Node *c)
{
	n->c = c;
	grow_depth(p, n, c->depth);
	return n;
}

static List add(List l, Node *n)
{
	if (l.last)
		l.last->next = n;
	else
		l.first = n;
	l.last = n;
	l.depth = MAX(l.depth, n->depth);
	return l;
}

static List cat(List l, List m)
{
	if (!m.first)
		return l;
	if (!l.first)
		return m;
	l.last->next = m.first;
	return (List){ l.first, m.last, MAX(l.depth, m.depth) };
}

static Node *heading(Parser *p, Node *name, List params, Node *result, u32 flags)
{
	name->a = params.first;
	name->b = result;
	name->flags = flags;
	grow_depth(p, name, params.depth);
	return name;
}

static Node *generic(Parser *p, Span at, List params, Node *of)
{
	Node *n = nd_name(p, N_GENERIC, at, of ? of->name : NULL, NULL, of);
	n->a = params.first;
	return n;
}

/* The directives behind a heading.  Calling conventions and hints change nothing here. */
static void dir_flags(Parser *p, Node *proc, List dirs)
{
	static const struct { const char *name; u32 flag; } known[] = {
		{ "virtual", NF_VIRTUAL }, { "dynamic", NF_VIRTUAL }, { "override", NF_OVERRIDE }, { "abstract", NF_ABSTRACT },
		{ "overload", NF_OVERLOAD }, { "static", NF_STATIC }, { "default", NF_DEFAULT },
	};
	for (const Node *d = dirs.first; d; d = d->next)
		for (u32 i = 0; i < COUNT(known); i++)
			if (!strcmp(d->name->s, known[i].name))
				proc->flags |= known[i].flag;
	for (const Node *d = dirs.first; d; d = d->next)
		if (!strcmp(d->name->s, "interrupt") || !strcmp(d->name->s, "assembler"))
			diag_error(p->c, d->at, "the directive '%s' is not supported", d->name->s);
}

/* ---- messages ---- */

static const struct { int token; const char *name; } token_names[] = {
	{ AND, "'and'" }, { ARRAY, "'array'" }, { BEGIN_, "'begin'" }, { CASE, "'case'" }, { CONST, "'const'" },
	{ DIV, "'div'" }, { DO, "'do'" }, { DOWNTO, "'downto'" }, { ELSE, "'else'" }, { END, "'end'" },
	{ FILE_, "'file'" }, { FOR, "'for'" }, { FUNCTION, "'function'" }, { GOTO, "'goto'" }, { IF, "'if'" },
	{ IN, "'in'" }, { LABEL, "'label'" }, { MOD, "'mod'" }, { NIL, "'nil'" }, { NOT, "'not'" }, { OF, "'of'" },
	{ OR, "'or'" }, { OTHERWISE, "'otherwise'" }, { PACKED, "'packed'" }, { PROCEDURE, "'procedure'" },
	{ PROGRAM, "'program'" }, { RECORD, "'record'" }, { REPEAT, "'repeat'" }, { SET, "'set'" },
	{ SHL, "'shl'" }, { SHR, "'shr'" }, { THEN, "'then'" }, { TO, "'to'" }, { TYPE, "'type'" },
	{ UNTIL, "'until'" }, { USES, "'uses'" }, { VAR, "'var'" }, { WHILE, "'while'" }, { WITH, "'with'" },
	{ XOR, "'xor'" }, { ASSIGN, "':='" }, { DOTDOT, "'..'" }, { NE, "'<>'" }, { LE, "'<='" }, { GE, "'>='" },
	{ CLASS, "'class'" }, { CLASS_AHEAD, "'class'" }, { CLASS_SHORT, "'class'" }, { OBJECT, "'object'" }, { CONSTRUCTOR, "'constructor'" },
	{ DESTRUCTOR, "'destructor'" }, { INHERITED, "'inherited'" }, { PROPERTY, "'property'" }, { TRY, "'try'" }, { EXCEPT, "'except'" },
	{ FINALLY, "'finally'" }, { RAISE, "'raise'" }, { ON, "'on'" }, { IS, "'is'" }, { AS, "'as'" }, { OUT, "'out'" }, { GENERIC, "'generic'" },
	{ SPECIALIZE, "'specialize'" }, { OF_OBJECT, "'of object'" }, { FORWARD, "'forward'" }, { EXTERNAL, "'external'" }, { DEFAULT, "'default'" }, { ABSOLUTE, "'absolute'" },
	{ GID, "a name" }, { TYPE_ID, "a name" }, { DIRECTIVE, "a directive" },
	{ UNIT, "'unit'" }, { INTERFACE, "'interface'" }, { IMPLEMENTATION, "'implementation'" },
	{ INITIALIZATION, "'initialization'" }, { FINALIZATION, "'finalization'" }, { ID, "a name" }, { NUMBER, "a number" }, { REALNUM, "a number" }, { STRING, "a string" },
	{ ';', "';'" }, { ':', "':'" }, { ',', "','" }, { '.', "'.'" }, { '(', "'('" }, { ')', "')'" },
	{ '[', "'['" }, { ']', "']'" }, { '^', "'^'" }, { '@', "'@'" }, { '=', "'='" }, { '<', "'<'" },
	{ '>', "'>'" }, { '+', "'+'" }, { '-', "'-'" }, { '*', "'*'" }, { '/', "'/'" },
	{ 0, "the end of the file" },
};

const char *pascal_token_name(int token)
{
	for (u32 i = 0; i < COUNT(token_names); i++)
		if (token_names[i].token == token)
			return token_names[i].name;
	return "?";
}

/* What to ask for when several tokens would do: the one that a reader would miss. */
static const char *wanted(const bool *expected, int prev, int got, bool *behind)
{
	static const struct { int token; const char *name; } ask[] = {
		{ THEN, "'then'" }, { DO, "'do'" }, { OF, "'of'" }, { TO, "'to' or 'downto'" }, { UNTIL, "'until'" },
		{ ')', "')'" }, { ']', "']'" }, { ';', "';'" }, { END, "'end'" }, { '.', "'.'" }, { '=', "'='" },
		{ ':', "':'" }, { DOTDOT, "'..'" },
	};
#define EXPECTS(t) expected[YYTRANSLATE(t)]
	*behind = false;
	if (EXPECTS(ASSIGN) && (got == '=' || !EXPECTS(';')))
		return "':='";
	if (EXPECTS(ARRAY))
		return "a type";
	if (EXPECTS(NOT))
		return "an expression";
	*behind = true;
	if (EXPECTS(END) && (got == 0 || (got == '.' && prev == END)))
		return "'end'";
	if (EXPECTS(BEGIN_) && EXPECTS(VAR))
		return "a declaration or 'begin'";
	for (u32 i = 0; i < COUNT(ask); i++)
		if (EXPECTS(ask[i].token) && !(ask[i].token == '=' && EXPECTS('<'))) /* not the operator */
			return ask[i].name;
	*behind = false;
	return EXPECTS(ID) ? "a name" : EXPECTS(NUMBER) ? "a number" : NULL;
#undef EXPECTS
}

/* The keyword that the name at `at` was probably meant to be, among those that would do. */
static const char *misspelt(Parser *p, Span at, const bool *expected)
{
	const char *s = p->src->text + (at.pos - p->src->base), *best = NULL;
	char low[12];
	u32 n = at.end - at.pos, most = n < 4 ? 1 : 2;
	for (u32 i = 0; i < n && n <= sizeof low; i++)
		low[i] = (char)(s[i] | 32);
	for (u32 i = 0; n > 2 && n <= sizeof low && token_names[i].token != ASSIGN; i++) {
		const char *word = token_names[i].name + 1;
		u32 len = (u32)strlen(word) - 1, d = ast_distance(low, n, word, len, most);
		if (expected[YYTRANSLATE(token_names[i].token)] && d <= most && len > d + 1)
			most = d - !!d, best = token_names[i].name;
	}
	return best;
}

/* Beginners' mistakes that deserve a message of their own.  True: it was given. */
static bool well_known(Parser *p, Span at, const bool *expected, int prev, int got, const char *what)
{
	bool statements = expected[YYTRANSLATE(END)] && expected[YYTRANSLATE(';')];
	if (got == END && !expected[YYTRANSLATE(END)] && prev == END) {
		diag_error(p->c, at, "this 'end' has no 'begin'");
		return true;
	}
	if (got == ELSE && prev == ';' && statements) {
		diag_error(p->c, (Span){ p->prev_end - 1, p->prev_end }, "the ';' before 'else' ends the 'if'; leave it out");
		return true;
	}
	if (statements && (prev == ';' || prev == BEGIN_)
		&& (got == VAR || got == CONST || got == TYPE || got == LABEL || got == PROCEDURE || got == FUNCTION)) {
		diag_error(p->c, at, "%s cannot stand among statements; declare before 'begin', or is an 'end' missing?", what);
		return true;
	}
	return false;
}

static int yyreport_syntax_error(const yypcontext_t *ctx, Parser *p)
{
	yysymbol_kind_t list[YYNTOKENS], got = yypcontext_token(ctx);
	bool expected[YYNTOKENS] = { false }, behind;
	int n = yypcontext_expected_tokens(ctx, list, YYNTOKENS), token = 0, prev = p->prev;
	for (int i = 0; i < n; i++)
		expected[list[i]] = true;
	for (u32 i = 0; i < COUNT(token_names); i++)
		if (token_names[i].token && YYTRANSLATE(token_names[i].token) == got)
			token = token_names[i].token;
	const char *want = wanted(expected, prev, token, &behind), *what = pascal_token_name(token), *hint = "", *word = NULL;
	Span at = *yypcontext_location(ctx);
	if (p->quiet && p->prev_end <= p->quiet && at.pos >= p->quiet)
		return 0; /* what stands between was reported and is the likely cause */
	if (well_known(p, at, expected, prev, token, what))
		return 0;
	if (token == ID && (word = misspelt(p, at, expected)) != NULL)
		hint = arena_printf(p->c->a, "; did you mean %s?", word);
	else if ((token == '=' || token == '<' || token == '>' || token == NE || token == LE || token == GE) && expected[YYTRANSLATE(AND)])
		hint = "; comparisons beside 'and' and 'or' need parentheses";
	/* A name or number is quoted from the source; that says more. */
	if ((token == ID || token == NUMBER || token == REALNUM) && at.end - at.pos < 60 && ast_source_at(p->c, at.pos) == p->src)
		what = arena_printf(p->c->a, "'%.*s'", (int)(at.end - at.pos), p->src->text + (at.pos - p->src->base));
	/* What is missing at the end of a line is missing there, not at the start of the next. */
	if (behind && !word && ast_line(p->c, p->prev_end) != ast_line(p->c, at.pos))
		at = (Span){ p->prev_end, p->prev_end };
	if (want)
		diag_error(p->c, at, "expected %s before %s%s", want, what, hint);
	else
		diag_error(p->c, at, "%s is not expected here%s", what, hint);
	return 0;
}

/* bison's own complaints: only that its stack is full. */
static void pascal_yyerror(const Span *at, Parser *p, const char *msg)
{
	if (!p->deep)
		diag_error(p->c, (Span){ at->pos, at->pos + 1 }, "this is nested too deeply");
	p->deep = true;
}
